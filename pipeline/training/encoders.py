"""Which encoder a modality goes into: the one that serves it, unless the configuration chooses another."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from sunproof.pipeline.errors import ConfigError, Problem
from sunproof.pipeline.registry import members

if TYPE_CHECKING:
    from sunproof.pipeline.training.config import EncoderConfig

__all__ = ["own_options", "serving", "wrong_choices"]

_PACKAGE = "sunproof.models.encoders"
# What the network and the inputs give an encoder, which therefore is no option of a configuration.
_GIVEN = {"features", "width", "dropout", "steps", "grid", "signed", "instruments", "channel_dropout"}


def serving(modality: str) -> str:
    """Name the encoder that a modality goes into where nothing else is chosen.

    Raises
    ------
    ConfigError
        If not exactly one encoder says that it serves this modality.
    """
    found = [name for name, kind in members(_PACKAGE, "ENCODER").items() if modality in getattr(kind, "serves", ())]
    if len(found) != 1:
        todo = "Let one encoder serve it; the others are chosen by model.encoders."
        raise ConfigError(Problem(f"no single encoder serves {modality}", _PACKAGE, found, "one", todo))
    return found[0]


def own_options(name: str, *, given: bool = False) -> dict[str, Any]:
    """List what an encoder can be told beside what its inputs give: option -> type.

    Parameters
    ----------
    name : str
        An encoder that exists.
    given : bool
        List what its inputs give, too.
    """
    kind = members(_PACKAGE, "ENCODER")[name]
    try:
        hints = get_type_hints(kind.__init__)
    except NameError:
        # types that its module imports for a type checker alone cannot be looked up
        hints = {}
    return {key: hints.get(key, Any) for key in _parameters(kind) if given or key not in _GIVEN}


def wrong_choices(chosen: Mapping[str, EncoderConfig]) -> list[str]:
    """Say what is wrong with a choice of encoders, one sentence a mistake.

    Parameters
    ----------
    chosen : mapping
        Modality -> encoder.

    Returns
    -------
    list of str
        Empty if every encoder exists, reads what its modality is, and knows its options.
    """
    return [text for modality, choice in chosen.items() for text in _wrong(modality, choice)]


def _parameters(kind: type) -> dict[str, inspect.Parameter]:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {key: part for key, part in inspect.signature(kind).parameters.items() if part.kind in named}


def _wrong(modality: str, choice: EncoderConfig) -> list[str]:
    kinds, wanted = members(_PACKAGE, "ENCODER"), members(_PACKAGE, "ENCODER")[serving(modality)].reads
    if choice.name not in kinds or kinds[choice.name].reads != wanted:
        known = ", ".join(f"{name} ({kind.reads})" for name, kind in kinds.items())
        what = f"reads {kinds[choice.name].reads}" if choice.name in kinds else "does not exist"
        return [f"{modality}: encoder {choice.name!r} {what}; wanted one for {wanted} of {known}"]
    options, where = own_options(choice.name), f"{modality}: encoder {choice.name!r}"
    known = ", ".join(options) or "none"
    texts = [f"{where} has no option {key!r}; wanted {known}" for key in choice.options if key not in options]
    lacking = {key for key, part in _parameters(kinds[choice.name]).items() if part.default is inspect.Parameter.empty}
    texts += [f"{where} needs the option {key!r}" for key in options if key in lacking - set(choice.options)]
    return texts + _mistyped(where, choice, options)


def _mistyped(where: str, choice: EncoderConfig, options: Mapping[str, Any]) -> list[str]:
    texts = []
    for key, value in choice.options.items():
        try:
            TypeAdapter(options.get(key, Any)).validate_python(value)
        except ValidationError as error:
            texts.append(f"{where}, option {key}: {error.errors()[0]['msg']}; got {value!r}")
    return texts
