from pathlib import Path

from sunproof.pipeline.cli import COMMANDS
from sunproof.pipeline.simulate.config import DemoConfig, ImagesConfig
from sunproof.pipeline.simulate.plan import Plan


def test_every_stage_is_a_command_with_its_own_output_below_the_demo():
    stages = Plan(DemoConfig(output=Path("somewhere"))).stages()
    assert [stage.command for stage in stages] == [
        "simulate",
        "ingest",
        "label",
        "train",
        "forecast",
        "audit",
        "audit",
        "evaluate",
    ]
    assert {stage.command for stage in stages} <= set(COMMANDS)
    assert len({stage.output for stage in stages}) == len(stages)
    assert all(Path("somewhere") in stage.output.parents for stage in stages)


def test_faults_are_planted_into_the_test_block_alone():
    plan = Plan(DemoConfig())
    simulate, label = plan.stages()[0].config, plan.stages()[2].config
    assert simulate.faults.after > label.split.test_start
    assert label.split.train_end < label.split.validation_end <= label.split.test_start


def test_no_stage_reads_the_truth():
    plan = Plan(DemoConfig())
    for stage in plan.stages():
        assert "truth" not in str(stage.config.model_dump(exclude={"truth"}))


def test_images_cover_every_block_and_every_one_has_a_slot():
    plan = Plan(DemoConfig())
    simulate, ingest = plan.stages()[0].config, plan.stages()[1].config
    assert simulate.images.start is None
    assert simulate.images.days is None
    assert ingest.images.cadence_seconds == simulate.images.cadence_hours * 3600
    assert Plan(DemoConfig(images=None)).stages()[0].config.images is None


def test_the_model_sees_five_instruments_of_four_spacecraft():
    inputs = Plan(DemoConfig()).stages()[3].config.inputs
    assert inputs.disk.groups == ("aia_171", "hmi_m", "suvi16_195", "euvi_a_195", "euvi_b_195")
    assert inputs.patch.groups == ("hmi_m", "aia_171")


def test_vector_magnetograms_are_simulated_and_seen_where_they_are_wanted():
    images = ImagesConfig(vector=True, days=None, cadence_hours=24)
    stages = Plan(DemoConfig(images=images)).stages()
    assert stages[0].config.images.vector
    assert stages[3].config.inputs.vector.oldest_hours == 49
    assert Plan(DemoConfig()).stages()[3].config.inputs.vector is None


def test_blocks_lie_as_far_apart_as_the_oldest_image_reaches():
    plan = Plan(DemoConfig())
    label, train = plan.stages()[2].config, plan.stages()[3].config
    assert label.history_hours == train.inputs.reach_hours == 49


def test_without_images_the_model_is_the_tabular_one():
    inputs = Plan(DemoConfig(images=None)).stages()[3].config.inputs
    assert inputs.disk is None
    assert inputs.patch is None
