"""The registry as an administrator edits it, once the service has read it."""

from typing import Any

from infra.local.authorities import LocalAuthority

from .stage import Stage


def entered(stage: Stage, authority: LocalAuthority, alg: str = "EdDSA", **attributes: Any) -> None:
    """Enters or edits an authority, and moves the clock until the service has read the change."""
    # An earlier test may have read the registry at a later time than now. Any call reads it again.
    stage.call("GET", "/v1/involvements", token=stage.token(scope="none"))
    stage.enter(authority, alg, **attributes)
    stage.clock.advance(seconds=61)
