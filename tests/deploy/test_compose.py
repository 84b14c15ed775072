from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema

from streams.config import WorkerConfig
from streams.settings import parse_document
from tests.deploy.files import ROOT, dockerfile, document, services, text

OURS = ("topics", "worker")
"""Services that run `labelquorum`; the others run what somebody else has built."""


def _validate(compose: dict[str, Any]) -> None:
    # By name, because the specification writes the address of draft 7 in a way that no validator knows.
    jsonschema.Draft7Validator(get_builtin_schema("vendor.compose-spec")).validate(compose)


def test_the_compose_file_is_valid_by_the_compose_specification() -> None:
    _validate(document("docker-compose.yml"))


def test_the_specification_would_notice_a_misspelt_key() -> None:
    misspelt = yaml.safe_load(text("docker-compose.yml").replace("healthcheck:", "healthchek:"))

    with pytest.raises(jsonschema.ValidationError, match="healthchek"):
        _validate(misspelt)


@pytest.mark.parametrize("name", OURS)
def test_the_worker_understands_every_variable_that_it_is_given(name: str) -> None:
    environment = services()[name]["environment"]

    config = WorkerConfig.from_environment(environment)

    assert config.broker in services()["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert config.redis_url == "redis://redis:6379/0"
    assert not config.web_host.startswith("127."), "nobody outside the container could ask whether it is ready"


def test_topics_are_created_with_the_very_settings_that_the_worker_verifies_them_by() -> None:
    assert services()["topics"]["environment"] == services()["worker"]["environment"]


@pytest.mark.parametrize("name", sorted(services()))
def test_every_port_answers_on_this_machine_only(name: str) -> None:
    for port in services()[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), port


def test_no_two_services_want_the_same_port() -> None:
    published = [port.rsplit(":", 1)[0] for service in services().values() for port in service.get("ports", [])]

    assert len(published) == len(set(published))


def test_the_workers_port_is_the_same_wherever_it_is_named() -> None:
    config = WorkerConfig.from_environment(services()["worker"]["environment"])
    scrape = document("deploy/prometheus/prometheus.yml")["scrape_configs"][0]
    named = {
        "published": services()["worker"]["ports"][0].rsplit(":", 1)[1],
        "exposed": dict(dockerfile())["EXPOSE"],
        "asked for health": re.findall(r"localhost:(\d+)/readyz", dict(dockerfile())["HEALTHCHECK"])[0],
        "scraped": str(scrape["dns_sd_configs"][0]["port"]),
    }

    assert set(named.values()) == {str(config.web_port)}, named
    assert config.web_port == WorkerConfig().web_port


def test_prometheus_and_grafana_look_for_services_that_exist() -> None:
    scraped = document("deploy/prometheus/prometheus.yml")["scrape_configs"][0]["dns_sd_configs"][0]["names"]
    datasource = document("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"][0]["url"]

    assert scraped == ["worker"]
    assert scraped[0] in services()
    assert datasource == f"http://prometheus:{services()['prometheus']['ports'][0].rsplit(':', 1)[1]}"


@pytest.mark.parametrize("name", sorted(services()))
def test_what_a_service_mounts_exists(name: str) -> None:
    volumes = document("docker-compose.yml")["volumes"]
    for mount in services()[name].get("volumes", []):
        source, target, *mode = mount.split(":")
        if source.startswith("."):
            assert (ROOT / source).exists(), mount
            assert mode == ["ro"], f"{mount}: what is in the repository is not written to"
        else:
            assert source in volumes, mount
        assert target.startswith("/"), mount


def test_every_named_volume_is_used() -> None:
    used = {mount.split(":")[0] for service in services().values() for mount in service.get("volumes", [])}

    assert set(document("docker-compose.yml")["volumes"]) <= used


def test_what_has_to_be_healthy_first_says_when_it_is() -> None:
    for name, service in services().items():
        for other, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "test" in services()[other]["healthcheck"], f"{name} waits for {other}"
            if wanted["condition"] == "service_completed_successfully":
                assert services()[other]["restart"] == "no", f"{name} waits for {other} to end"


@pytest.mark.parametrize("name", sorted(services()))
def test_every_image_is_pinned_to_a_version(name: str) -> None:
    _, _, tag = services()[name]["image"].partition(":")

    assert re.match(r"v?\d+\.\d+", tag), services()[name]["image"]


def test_kafka_makes_no_topic_by_being_asked_for_it() -> None:
    assert services()["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_kafka_keeps_its_log_in_its_volume() -> None:
    kafka = services()["kafka"]

    assert kafka["volumes"] == [f"kafka-data:{kafka['environment']['KAFKA_LOG_DIRS']}"]


def test_the_settings_that_the_worker_starts_with_are_valid() -> None:
    mounted = services()["worker"]["environment"]["LABELQUORUM_SETTINGS_FILE"]
    assert f"./deploy/settings.yaml:{mounted}:ro" in services()["worker"]["volumes"]

    projects = parse_document(document("deploy/settings.yaml"))

    assert projects["street"].controls["objects"].agreement_threshold == 0.7
