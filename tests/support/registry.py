"""The registry as an administrator edits it, and as the service has come to see it."""

from typing import Any

from infra.local.authorities import LocalAuthority

from .stage import Stage


def entered(stage: Stage, authority: LocalAuthority, alg: str = "EdDSA", **attributes: Any) -> None:
    """Enters an authority, or edits it, and moves the clock until the service has seen that."""
    # An earlier test may have left a registry read at a later time than it is now; any call reads it afresh.
    stage.call("GET", "/v1/involvements", token=stage.token(scope="none"))
    stage.enter(authority, alg, **attributes)
    stage.clock.advance(seconds=61)
