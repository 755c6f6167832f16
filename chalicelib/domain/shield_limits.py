"""Limits on shields. They count different children a day (UTC), so that sending a shield again costs nothing.

A shield protects a child, so it is marked and reported early, and refused late."""

from .limits import SoftLimit
from .values import Struct


class ShieldLimits(Struct, frozen=True, kw_only=True):
    """How many different children may be shielded in a day. Beyond a soft limit the shield is marked and an alarm goes
    off. Beyond a hard limit it is refused."""

    practitioner_soft: int = 10
    practitioner_hard: int = 100
    authority_soft: int = 40
    authority_hard: int = 400


class ShieldCounts(Struct, frozen=True, kw_only=True):
    """How many different children were shielded today, including this one. Zero if that could not be written."""

    practitioner: int = 0
    authority: int = 0


def is_over_hard_limit(counts: ShieldCounts, limits: ShieldLimits) -> bool:
    return counts.practitioner > limits.practitioner_hard or counts.authority > limits.authority_hard


def soft_limit_passed(counts: ShieldCounts, limits: ShieldLimits) -> SoftLimit | None:
    if counts.practitioner > limits.practitioner_soft:
        return SoftLimit.PRACTITIONER
    return SoftLimit.AUTHORITY if counts.authority > limits.authority_soft else None
