from xml.etree import ElementTree

from sunproof.pipeline.auditing.report.canvas import COLOURS, log_axis, new_axes, to_svg


def drawn(name="one", description="what it shows"):
    figure, (axes,) = new_axes(1.5)
    axes.plot([1, 10], [1e-7, 1e-4], color=COLOURS["model"])
    axes.set_yscale("log")
    log_axis(axes.yaxis, -8, -3)
    return to_svg(figure, name, description)


def test_a_description_is_escaped_and_the_size_left_to_the_page():
    svg = ElementTree.fromstring(drawn(description='a "b" < c'))
    assert svg.attrib["aria-label"] == 'a "b" < c'
    assert "width" not in svg.attrib
    assert "viewBox" in svg.attrib


def test_two_pictures_of_a_page_share_no_id():
    def ids(svg):
        return {element.attrib["id"] for element in ElementTree.fromstring(svg).iter() if "id" in element.attrib}

    assert ids(drawn("one")).isdisjoint(ids(drawn("two")))


def test_powers_of_ten_are_plain_text():
    assert "10⁻⁵" in drawn()


def test_stand_in_colours_become_the_pages_variables():
    assert "var(--model)" in drawn()
    assert COLOURS["model"] not in drawn()
