"""What a check of the set-up says of the environments of the jobs, and of the keys in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from invent_gitops.model.setup import (
    Environment,
    JobEnvironment,
    PointState,
    SetupEvidence,
    SetupPoint,
    SetupTarget,
    Unread,
)
from invent_gitops.review.setup_rules import cannot_tell
from invent_gitops.text.mending import delete_secret, is_branch, restricted_environment, set_secret
from invent_gitops.text.quoting import listing


def environment_points(target: SetupTarget, evidence: SetupEvidence) -> list[SetupPoint]:
    """Return the points about each environment and its keys. No key is deleted before each is where it belongs."""
    environments = [(needed, _evidence_of(needed, evidence)) for needed in target.environments]
    return [
        *(point for needed, environment in environments for point in _use_points(target, needed, environment)),
        *(
            _secret_point(target, needed, environment, key, evidence)
            for needed, environment in environments
            for key in needed.keys
        ),
        *(point for needed, environment in environments for point in _other_keys_point(target, needed, environment)),
        *_elsewhere_points(target, evidence),
    ]


def _evidence_of(needed: JobEnvironment, evidence: SetupEvidence) -> Environment | Unread | None:
    environments = evidence.environments
    return environments if isinstance(environments, Unread) else environments[needed.name]


def _id(subject: str, needed: JobEnvironment) -> str:
    """Return the id of a point, which has the name of the environment where a project has several."""
    return f"{subject}:{needed.name}" if needed.workspace else subject


def _use_points(
    target: SetupTarget, needed: JobEnvironment, environment: Environment | Unread | None
) -> list[SetupPoint]:
    """Return whether the environment exists, and who may use it."""
    name, branch = needed.name, target.branch
    keeps = "It keeps the API key from every other workflow and from pull requests."
    reason = "A workflow on any other branch could read the API key, and create broadcasts that nobody reviewed."

    def exists(state: PointState, detail: str = "", commands: tuple[str, ...] = ()) -> SetupPoint:
        title = f"The environment {name} exists"
        return SetupPoint(_id("environment", needed), state, title, detail, keeps, commands, needed.workspace)

    def restricted(state: PointState, detail: str = "", commands: tuple[str, ...] = ()) -> SetupPoint:
        title = f"Only {branch} may use the environment {name}"
        return SetupPoint(_id("environment-branch", needed), state, title, detail, reason, commands, needed.workspace)

    if isinstance(environment, Unread):
        detail = cannot_tell(environment)
        return [exists("unknown", detail), restricted("unknown", detail)]
    commands = restricted_environment(target, name, environment)
    if environment is None:
        absent = "There is no environment of this name."
        return [exists("missing", absent, commands), restricted("missing", "", commands)]
    if environment.policy == "listed" and isinstance(environment.allowed, Unread):
        return [exists("ok"), restricted("unknown", cannot_tell(environment.allowed))]
    if not commands:
        return [exists("ok"), restricted("ok")]
    return [exists("ok"), restricted("loose", _who_may_use(environment, branch), commands)]


def _who_may_use(environment: Environment, branch: str) -> str:
    if environment.policy == "any":
        return "Every branch may use it."
    if environment.policy == "protected":
        return "Every protected branch may use it."
    allowed = environment.allowed if isinstance(environment.allowed, tuple) else ()
    others = [f"{ref.kind} {ref.name}" for ref in allowed if not is_branch(ref, branch)]
    listed = any(is_branch(ref, branch) for ref in allowed)
    parts = ([] if listed else [f"{branch} may not use it."]) + ([f"Others may: {listing(others)}."] if others else [])
    return " ".join(parts)


def _secret_point(
    target: SetupTarget,
    needed: JobEnvironment,
    environment: Environment | Unread | None,
    key: str,
    evidence: SetupEvidence,
) -> SetupPoint:
    """Return whether a key is in the environment of its workspace, and not where every workflow can read it."""
    title = f"The secret {key} is in the environment {needed.name}"
    reason = "Without the key apply stops; a key of the repository can be read by every workflow of every branch."
    inside = environment.secrets if isinstance(environment, Environment) else environment or frozenset[str]()
    wide = evidence.secrets
    set_it, delete_it = set_secret(target, needed.name, key), delete_secret(target, key)

    def point(state: PointState, detail: str, *commands: str) -> SetupPoint:
        return SetupPoint(_id(f"secret:{key}", needed), state, title, detail, reason, commands, needed.workspace)

    if not isinstance(wide, Unread) and key in wide:
        has_own = not isinstance(inside, Unread) and key in inside
        detail = f"The {wide[key]} has {'one of this name too' if has_own else 'it'}."
        set_first = () if has_own else (set_it,)
        if wide[key] == "repository":
            return point("loose", detail, *set_first, delete_it)
        return point("loose", f"{detail} An owner of it can take this repository off its list.", *set_first)
    if isinstance(inside, Unread):
        return point("unknown", cannot_tell(inside))
    if key in inside:
        return point("unknown", cannot_tell(wide)) if isinstance(wide, Unread) else point("ok", "")
    if isinstance(wide, Unread):
        return point("missing", "The environment has no such secret.", set_it)
    return point("missing", "There is no such secret.", set_it)


def _other_keys_point(
    target: SetupTarget, needed: JobEnvironment, environment: Environment | Unread | None
) -> Iterator[SetupPoint]:
    """Yield whether the environment of a workspace holds the key of another one; nothing where all have the same
    key.
    """
    others = [
        key
        for key in dict.fromkeys(key for other in target.environments for key in other.keys)
        if key not in needed.keys
    ]
    if not others or environment is None:
        return
    title = f"The environment {needed.name} holds no key of another workspace"
    reason = "Each job must see the key of its own workspace only."

    def point(state: PointState, detail: str = "", commands: tuple[str, ...] = ()) -> SetupPoint:
        return SetupPoint(_id("environment-keys", needed), state, title, detail, reason, commands, needed.workspace)

    secrets = environment if isinstance(environment, Unread) else environment.secrets
    if isinstance(secrets, Unread):
        yield point("unknown", cannot_tell(secrets))
    elif held := [key for key in others if key in secrets]:
        commands = tuple(delete_secret(target, key, needed.name) for key in held)
        yield point("loose", f"It holds {', '.join(held)} too.", commands)
    else:
        yield point("ok")


def _elsewhere_points(target: SetupTarget, evidence: SetupEvidence) -> Iterator[SetupPoint]:
    """Yield for each key whether an environment beyond the needed ones gives it to other branches."""
    needed = {environment.name for environment in target.environments}
    listed = {} if isinstance(evidence.environments, Unread) else evidence.environments
    others = {name: other for name, other in listed.items() if name not in needed and other is not None}
    for key in dict.fromkeys(key for environment in target.environments for key in environment.keys) if others else ():
        yield _elsewhere_point(target, key, others)


def _elsewhere_point(target: SetupTarget, key: str, others: Mapping[str, Environment]) -> SetupPoint:
    title = f"No environment that another branch may use holds {key}"
    reason = "A workflow that names that environment could read the key, and create broadcasts that nobody reviewed."

    def point(state: PointState, detail: str = "", commands: tuple[str, ...] = ()) -> SetupPoint:
        return SetupPoint(f"secret-elsewhere:{key}", state, title, detail, reason, commands)

    held: list[str] = []
    unread: list[Unread] = []
    for name, other in others.items():
        closed = _is_closed(target, other)
        if closed is True or (not isinstance(other.secrets, Unread) and key not in other.secrets):
            continue
        hidden = [part for part in (other.secrets, other.allowed) if isinstance(part, Unread)]
        unread += hidden
        held += [] if hidden else [name]
    if held:
        detail = f"{listing(held)} {'holds' if len(held) == 1 else 'hold'} it, and other branches may use that."
        return point("loose", detail, tuple(delete_secret(target, key, name) for name in held))
    return point("unknown", cannot_tell(*unread)) if unread else point("ok")


def _is_closed(target: SetupTarget, environment: Environment) -> bool | None:
    """Return whether only the branch that is applied may use an environment; None where GitHub does not show it."""
    if environment.policy != "listed":
        return False
    if isinstance(environment.allowed, Unread):
        return None
    return all(is_branch(ref, target.branch) for ref in environment.allowed)
