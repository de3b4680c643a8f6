"""Quality words of images: every bit by name, and which of them make an image unusable."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

__all__ = ["QualityBits", "Verdict"]

_WORD = 0xFFFFFFFF


@dataclass(frozen=True)
class Verdict:
    """A decoded quality word.

    Parameters
    ----------
    word : int
        As an unsigned number of 32 bits; -1 where there was none.
    flags, rejected_for : tuple of str
        Names of all set bits, and of those that reject.
    """

    word: int
    flags: tuple[str, ...]
    rejected_for: tuple[str, ...]

    def also(self, flags: Mapping[str, bool]) -> Verdict:
        """Add flags that the header states in words: name -> whether it rejects."""
        rejecting = tuple(name for name, rejects in flags.items() if rejects)
        return Verdict(self.word, self.flags + tuple(flags), self.rejected_for + rejecting)


@dataclass(frozen=True)
class QualityBits:
    """Meaning of a quality word of 32 bits.

    Parameters
    ----------
    names : mapping of int to str
        Bit -> name; a bit without a name is called ``bit_N``, never overlooked.
    reject : frozenset of int
        Bits that make an image unusable.
    """

    names: Mapping[int, str]
    reject: frozenset[int]

    def decode(self, word: int | None, reject: Collection[int] | None = None) -> Verdict:
        """Decode a word.

        Parameters
        ----------
        word : int or None
            Signed or unsigned: "no data" is the sign bit, so that comparing sizes would let it pass. None for no word.
        reject : collection of int, optional
            Rejecting bits in place of the default ones.
        """
        if word is None:
            return Verdict(-1, (), ())
        unsigned = int(word) & _WORD
        bits = [bit for bit in range(32) if unsigned >> bit & 1]
        names = {bit: self.names.get(bit, f"bit_{bit}") for bit in bits}
        rejecting = self.reject if reject is None else reject
        return Verdict(unsigned, tuple(names.values()), tuple(name for bit, name in names.items() if bit in rejecting))
