"""The file of tokens that compose mounts opens the HTTP API where only this machine can connect."""

from __future__ import annotations

import yaml

from streams.adapters.http_api import access_for
from tests.deploy.files import services, text


def test_the_tokens_file_of_compose_is_one_and_opens_a_port_that_only_this_machine_reaches() -> None:
    worker = services()["worker"]

    access = access_for(yaml.safe_load(text("deploy/api-tokens.yaml")), "0.0.0.0", "deploy/api-tokens.yaml")

    assert access.anonymous is not None
    assert access.anonymous.projects is None, "all of them"
    assert all(str(port).startswith("127.0.0.1:") for port in worker["ports"])
    assert worker["environment"]["LABELQUORUM_API_TOKENS_FILE"] in {
        volume.split(":")[1] for volume in worker["volumes"] if volume.startswith("./deploy/api-tokens.yaml")
    }
