"""The model artifacts that travel in the zip (see scripts/package.py), each under its sha256."""

from __future__ import annotations

from pathlib import Path

from pipeline.scoring.artifact import ModelArtifactError, load
from pipeline.scoring.model import Model

FOLDER = Path(__file__).resolve().parents[2] / "models"


def load_models(folder: Path = FOLDER) -> dict[str, Model]:
    """Return the packaged models by the sha256 of their artifacts; no folder, no models.

    Raises
    ------
    ModelArtifactError
        If an artifact was changed or does not fit this release: the function must not start with it.
    """
    found: dict[str, Model] = {}
    for file in sorted(folder.glob("*.json")):
        try:
            model = load(file.read_text(encoding="utf-8"))
        except ModelArtifactError as error:
            raise ModelArtifactError(f"{file.name}: {error.field}", error.reason) from error
        found[model.description.sha256] = model
    return found
