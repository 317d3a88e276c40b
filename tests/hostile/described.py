"""The API held against its own description, by schemathesis, as somebody of the world."""

import re
from collections.abc import Callable, Iterator

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CheckContext, CheckFunction
from schemathesis.config import (
    ChecksConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)

from tests.hostile.surface import undone
from tests.journeys.test_access import address
from tests.world import World

# A schema tells the form of a field, not whether what it names exists, nor whether the shop is in
# a state to do it: those refusals are right for well-formed data too. That 410 and the others are
# described for the operation is another check's matter.
REASONED = ["2xx", "3xx", "401", "403", "404", "409", "410", "412", "422", "428", "429"]
# These say that the description and the code disagree on which fields there are.
DISAGREEING = {"unknown_field", "forbidden_field"}


class Misdescribed(Failure):
    """Well-formed by the description, yet refused for its fields."""

    def __init__(self, operation: str, errors: list[dict[str, str]]) -> None:
        super().__init__(operation=operation, title="Misdescribed", message=str(errors))


def agrees_on_fields(_ctx: CheckContext, response: Response, case: Case) -> bool | None:
    is_good = case.meta is not None and case.meta.generation.mode.is_positive
    if is_good and response.status_code == 422:
        errors = response.json().get("errors", [])
        found = [error for error in errors if error["code"] in DISAGREEING]
        if found:
            raise Misdescribed(case.operation.label, found)
    return None


CHECKS: list[CheckFunction] = [agrees_on_fields]


def findings(
    app: Flask, world: World, who: str, examples: int, at_the_edges: bool
) -> Iterator[str]:
    """Each operation's disagreements with the document, called as ``who``.

    ``examples`` cases by chance and, ``at_the_edges``, what its schemas suggest there. Every call
    is undone.
    """
    modes = [mode for mode in HypothesisTestMode if at_the_edges or mode != "coverage"]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, config=_config())
    for result in schema.get_all_operations():
        operation = result.ok()
        found: dict[str, str] = {}
        run = create_test(
            operation=operation,
            test_func=_caller(world, who, found),
            config=HypothesisTestConfig(
                project=schema.config,
                modes=modes,
                settings=_settings(examples),
                apply_ci_profile=False,
            ),
        )
        run()
        yield from found.values()


def _config() -> SchemathesisConfig:
    checks = ChecksConfig(
        positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=REASONED)
    )
    return SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(checks=checks)))


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def _caller(world: World, who: str, found: dict[str, str]) -> Callable[..., None]:
    """One case: sent, checked, undone; each kind of disagreement is kept once."""
    # What is kept is sent compressed to who takes it, and called without a network nothing unpacks.
    headers = {**world.people[who].headers, "Accept-Encoding": "identity"}

    def call(case: Case) -> None:
        if case.path_parameters and case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters = existing(case.operation.path, world.keys)
        with undone():
            try:
                case.call_and_validate(headers=headers, additional_checks=CHECKS)
            except FailureGroup as group:
                for failure in group.exceptions:
                    told = f"{case.operation.label} as {who}: {failure}\n{case.as_curl_command()}"
                    found.setdefault(type(failure).__name__, told)

    return call


def existing(path: str, keys: dict[str, str]) -> dict[str, str]:
    """The path's parameters such that they name things that exist."""
    rule = re.sub(r"{(\w+)}", r"<\1>", path)
    names = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path)
    match = re.fullmatch(names, address(rule, keys))
    return match.groupdict() if match else {}
