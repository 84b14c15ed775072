"""A worker's configuration: environment and options in one reading, and all that is wrong with them in one message."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.config import WorkerConfig, variable, without_secrets
from streams.errors import ConfigurationError


def problems(environment: dict[str, str] | None = None, **options: object) -> list[str]:
    with pytest.raises(ConfigurationError) as wrong:
        WorkerConfig.from_environment(environment or {}, **options)
    return wrong.value.problems


def test_nothing_given_means_the_defaults() -> None:
    assert WorkerConfig.from_environment({"PATH": "/bin"}) == WorkerConfig()


def test_a_variable_is_read_and_an_option_goes_before_it() -> None:
    environment = {"LABELQUORUM_PARTITIONS": "4", "LABELQUORUM_WEB_PORT": "7000", "LABELQUORUM_LOG_JSON": "yes"}

    config = WorkerConfig.from_environment(environment, web_port="7001", broker=None, log_json=False)

    assert config == WorkerConfig(partitions=4, web_port=7001, log_json=False)


def test_whatever_a_configuration_holds_can_be_handed_on_by_the_environment() -> None:
    config = WorkerConfig(broker="a:1,b:2", delivery="at-least-once", redis_url="redis://:p@h:1/2", tick_seconds=0.5)
    environment = {variable(f.name): str(getattr(config, f.name)) for f in dataclasses.fields(config)}

    assert WorkerConfig.from_environment(environment) == config


def test_everything_that_is_wrong_is_listed_at_once_with_where_it_was_said() -> None:
    environment = {
        "LABELQUORUM_BROKR": "x:1",
        "LABELQUORUM_COFFEE": "black",
        "LABELQUORUM_PARTITIONS": "many",
        "LABELQUORUM_TICK_SECONDS": "0",
        "LABELQUORUM_LOG_JSON": "maybe",
    }

    found = problems(environment, delivery="twice", web_port="70000")

    assert found[0] == "LABELQUORUM_BROKR: unknown variable; did you mean LABELQUORUM_BROKER?"
    assert found[1].startswith(
        "LABELQUORUM_COFFEE: unknown variable; known are LABELQUORUM_API_BURST, LABELQUORUM_API_RATE_PER_SECOND,"
    )
    assert found[2:] == [
        "LABELQUORUM_PARTITIONS: expected an integer; got 'many'",
        "--delivery: expected one of exactly-once, at-least-once; got 'twice'",
        "--web-port: expected at most 65535; got 70000",
        "LABELQUORUM_TICK_SECONDS: expected at least 0.1; got 0",
        "LABELQUORUM_LOG_JSON: expected true or false; got 'maybe'",
    ]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_a_number_is_finite(value: str) -> None:
    assert problems(tick_seconds=value) == [f"--tick-seconds: expected a finite number; got '{value}'"]


@pytest.mark.parametrize("value", ["localhost", "localhost:9092", "a.b-c:1,d:2", "a:1, b:2", "[::1]:9092"])
def test_a_broker_is_one_address_or_several(value: str) -> None:
    assert WorkerConfig.from_environment({}, broker=value).broker == value


@pytest.mark.parametrize("value", ["", "kafka://localhost:9092", "localhost:port", "a:1;b:2", "a:1,", "a b"])
def test_what_is_no_address_of_a_broker_is_refused_before_anybody_waits_for_it(value: str) -> None:
    (problem,) = problems(broker=value)

    assert problem.startswith("--broker: expected host:port without a scheme")
    assert problem.endswith(f"got {value!r}")


@pytest.mark.parametrize(
    "value", ["", "redis://h", "redis://h:1/0", "redis://:p%40@h:1", "rediss://u:p@h/0?ssl_cert_reqs=none", "unix:///s"]
)
def test_a_redis_is_named_by_its_url(value: str) -> None:
    assert WorkerConfig.from_environment({}, redis_url=value).redis_url == value


@pytest.mark.parametrize("value", ["localhost:6379", "http://h", "redis://h:port", "redis://h/db"])
def test_what_is_no_url_of_a_redis_is_refused(value: str) -> None:
    (problem,) = problems(redis_url=value)

    assert problem.startswith("--redis-url: expected redis://host:port/database")


@pytest.mark.parametrize("name", ["app_id", "topic_prefix"])
def test_names_that_become_parts_of_topics_are_made_of_what_topics_allow(name: str) -> None:
    options: dict[str, Any] = {name: "live/eu"}

    (problem,) = problems(**options)

    assert problem.startswith(
        f"--{name.replace('_', '-')}: expected up to 200 letters, digits, dots, dashes and underscores"
    )
    assert problem.endswith("got 'live/eu'")


def test_choices_are_taken_in_any_case() -> None:
    assert WorkerConfig.from_environment({"LABELQUORUM_LOG_LEVEL": "WARNING"}).log_level == "warning"


@given(
    user=st.text("abc:@/?", max_size=6), password=st.text("pqr:@/?", min_size=1).map(lambda text: f"S3{text}S3"),
    tail=st.sampled_from(["", ":6379", ":6379/0", "/0?password=S3x"]), scheme=st.sampled_from(["", "redis://", "x://"]),
)  # fmt: skip
def test_a_password_is_never_shown(user: str, password: str, tail: str, scheme: str) -> None:
    shown = without_secrets(f"{scheme}{user}:{password}@cache{tail}")

    assert "S3" not in shown
    assert "***@cache" in shown


def test_a_wrong_url_is_reported_without_its_password() -> None:
    (problem,) = problems({"LABELQUORUM_REDIS_URL": "redis://user:hunter2@cache:port"})

    assert "hunter2" not in problem
    assert "'redis://***@cache:port'" in problem
