"""What an encoder is: one kind of input, values with a mask, into tokens."""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor, nn

__all__ = ["Encoder", "ImageEncoder"]


class Encoder(Protocol):
    """Protocol of every encoder in this folder.

    An encoder is a `torch.nn.Module`; its module defines ``ENCODER``, the class, made with ``features``, ``width``,
    ``dropout`` and options of its own; of images also with ``steps``, ``grid`` and ``signed`` (lags, rows and columns,
    which channels have a sign), and with ``instruments`` and ``channel_dropout`` where it names them. An encoder with
    ``serves`` is the one that these modalities go into; any other is chosen by name (``model.encoders`` of
    `sunproof.pipeline.training.config.TrainConfig`). One that makes something of its inputs
    without weights may also have ``common(values, mask)``, which makes it once for all members of an ensemble, take
    that as the argument ``common`` when it is called, and have ``wide_of(common, places)``, the same as `wide`.
    """

    reads: ClassVar[str]
    """What ``values`` are: ``series`` (batch, step, feature), ``scalars`` (batch, feature) or ``images`` (batch, lag,
    channel, y, x)."""

    def __call__(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Encode a batch.

        Parameters
        ----------
        values : Tensor, shape (batch, ...)
            Normalised values; where ``mask`` is False they are ignored.
        mask : Tensor of bool, same shape
            True where a value was observed.

        Returns
        -------
        tokens : Tensor, shape (batch, token, width)
        present : Tensor of bool, shape (batch, token)
            False for a token made of nothing observed; fusion ignores it.
        """
        ...

    def wide(self, values: Tensor, mask: Tensor) -> Tensor:
        """Summarise a batch for the linear path beside the deep one.

        Parameters
        ----------
        values, mask : Tensor, shape (batch, ..., some)
            Some of the features, normalised; 0 where missing.

        Returns
        -------
        Tensor, shape (batch, `wide_size(some)`)
        """
        ...

    def wide_size(self, features: int) -> int:
        """Count what `wide` makes of so many features."""
        ...


class ImageEncoder(nn.Module):
    """Base of encoders of images: of their pixels the linear path beside the deep one sees none."""

    reads: ClassVar[str] = "images"

    def wide_size(self, features: int) -> int:
        """Count what `wide` makes of so many features: nothing."""
        return 0

    def wide(self, values: Tensor, mask: Tensor) -> Tensor:
        """Return nothing for the linear path, shape (batch, 0)."""
        return values.new_zeros(values.shape[0], 0)
