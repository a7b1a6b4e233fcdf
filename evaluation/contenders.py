"""The two policies of a backtest: found by name or by document, loaded as the functions load them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.domain.decision import Feature, PolicyResult
from pipeline.scoring.artifact import ModelArtifactError, load
from pipeline.scoring.document import PolicyDocument, PolicyDocumentError, PolicySpec, highest_score, parse
from pipeline.scoring.engine import DecisionEngine
from pipeline.scoring.model import Model
from scripts import paths
from scripts.errors import CommandError

SHIPPED_DOCUMENT = paths.ROOT / "policy_documents" / "flagship.json"
SHIPPED_MODELS = paths.LAMBDA_SRC / "models"


@dataclass(frozen=True)
class Contender:
    """One policy, ready to score.

    Parameters
    ----------
    spec
        The policy as its document has it.
    document, document_version
        The document's file, and what it calls itself.
    highest
        The highest score that the policy can reach.
    engine
        Decides by this policy alone.
    """

    spec: PolicySpec
    document: Path
    document_version: str
    highest: int
    engine: DecisionEngine

    def result(self, features: Mapping[str, Feature]) -> PolicyResult:
        """Return what the policy says; lists and the kill switch are no part of it."""
        return self.engine.results(features)[self.spec.name]


def contenders(
    policy: str, champion: str, document: Path = SHIPPED_DOCUMENT, models: Path = SHIPPED_MODELS
) -> tuple[Contender, Contender]:
    """Return the champion and its challenger.

    Parameters
    ----------
    policy, champion
        The name of a policy of `document`, or the file of another document (its champion). An empty champion is
        that of the shipped document.
    document
        Where the names come from.
    models
        The folder of the model artifacts that the documents name.

    Raises
    ------
    CommandError
        If a name or a file is not there, a document or an artifact is refused, or both are the same policy.
    """
    artifacts = _models(models)
    challenging = _contender(policy, document, artifacts)
    standing = _contender(champion or str(SHIPPED_DOCUMENT), document, artifacts)
    if challenging.spec == standing.spec and challenging.engine.document.policies == standing.engine.document.policies:
        raise CommandError(f"POLICY and CHAMPION are the same policy, {standing.spec.name!r}: name another CHAMPION.")
    return standing, challenging


def names_of(champion: Contender, challenger: Contender) -> tuple[str, str]:
    """Return what the report calls the two: their names, told apart where those are the same."""
    if champion.spec.name != challenger.spec.name:
        return champion.spec.name, challenger.spec.name
    name = champion.spec.name
    for one, other in (
        (champion.spec.version, challenger.spec.version),
        (champion.document_version, challenger.document_version),
        (champion.document.name, challenger.document.name),
    ):
        if one != other:
            return f"{name} ({one})", f"{name} ({other})"
    return f"{name} (champion)", f"{name} (challenger)"


def _contender(wanted: str, document: Path, models: Mapping[str, Model]) -> Contender:
    is_file = wanted.endswith(".json") or Path(wanted).is_file()
    file = Path(wanted) if is_file else document
    parsed = _document(file)
    name = parsed.champion if is_file else wanted
    if name not in parsed.policies:
        close = difflib.get_close_matches(name, parsed.policies, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise CommandError(
            f"{paths.shown(file)} has no policy {name!r}.{hint} Its policies are: {', '.join(parsed.policies)};"
            " another document is named by its file, such as my-policies.json."
        )
    spec = parsed.policies[name]
    try:
        engine = DecisionEngine(_alone(parsed, spec), models)
    except PolicyDocumentError as error:
        raise CommandError(f"{paths.shown(file)}: {error}.") from error
    return Contender(spec, file, parsed.version, highest_score(name, parsed.policies), engine)


def _alone(document: PolicyDocument, spec: PolicySpec) -> PolicyDocument:
    """Return the document with this policy and its parts only: nothing else has to be scored, or loaded."""
    parts = spec.numbers if spec.kind == "combination" else {}
    policies = {name: document.policies[name] for name in (spec.name, *parts)}
    return dataclasses.replace(
        document, champion=spec.name, challenger=None, shadows=(), policies=policies, kill_switch=False
    )


def _document(file: Path) -> PolicyDocument:
    try:
        return parse(file.read_text(encoding="utf-8"))
    except PolicyDocumentError as error:
        raise CommandError(f"{paths.shown(file)} is refused: {error}.") from error
    except OSError as error:
        raise CommandError(f"{paths.shown(file)} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{paths.shown(file)} is no UTF-8 text.") from error


def _models(folder: Path) -> dict[str, Model]:
    models = {}
    for file in sorted(folder.glob("*.json")):
        try:
            model = load(file.read_text(encoding="utf-8"))
        except ModelArtifactError as error:
            raise CommandError(f"{paths.shown(file)} is refused: {error}.") from error
        models[model.description.sha256] = model
    return models
