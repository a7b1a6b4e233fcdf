"""`make package`: one zip a function, and what the Spark jobs run; the same bytes on every machine.

A zip of a function holds the shared library, the function's own package and the pinned dependencies; those that score
or know models (`WITH_MODELS`) hold the model artifacts, too.
Whatever could differ between two machines is fixed or left out: order, times, modes, the
creating system, compiled files, and what an installer records about itself. Entries are
stored, not compressed: zlib and its replacements give different bytes for the same input,
and a zip of one megabyte is not worth a plan that changes with the machine.

A Spark job is a script (`glue_src/<job>.py`, copied as it is) and the library that all of them import, as a zip that
Glue puts on the path of Python. Their dependencies are Glue's own.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts import dependencies, paths
from scripts.errors import CommandError

SHARED = "pipeline"
MODELS = "models"
JOBS_LIBRARY = "lake_jobs"
WITH_MODELS = frozenset({"process", "stream_process", "learn", "drift"})
"""The functions that load model artifacts (`pipeline.aws.models`): two of them score, the others compare with them."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE_0644 = 0o100644 << 16
_UNIX = 3
_NATIVE = frozenset({".so", ".pyd", ".dll", ".dylib"})
_COMPILED = frozenset({".pyc", ".pyo"})
# What an installer writes about the installation: paths, times and its own name.
_INSTALLER_RECORDS = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
)
# Parts of Powertools that no function imports; and jmespath, which the SDK of every runtime brings, compiled already.
_NEVER_USED = (
    "aws_lambda_powertools/event_handler/",
    "aws_lambda_powertools/utilities/batch/",
    "aws_lambda_powertools/utilities/data_classes/",
    "aws_lambda_powertools/utilities/data_masking/",
    "aws_lambda_powertools/utilities/feature_flags/",
    "aws_lambda_powertools/utilities/idempotency/",
    "aws_lambda_powertools/utilities/kafka/",
    "aws_lambda_powertools/utilities/parameters/",
    "aws_lambda_powertools/utilities/parser/",
    "aws_lambda_powertools/utilities/streaming/",
    "aws_lambda_powertools/utilities/validation/",
    "jmespath/",
    "jmespath-",
)


@dataclass(frozen=True)
class Package:
    """A finished zip, or the script of a job."""

    name: str
    file: Path
    size: int
    sha256: str


def functions(source: Path = paths.LAMBDA_SRC) -> list[str]:
    """Return the names of the functions: every folder that has a handler."""
    return sorted(handler.parent.name for handler in source.glob("*/handler.py"))


def package_all(
    source: Path = paths.LAMBDA_SRC, target: Path = paths.PACKAGES, libraries: Path | None = None
) -> list[Package]:
    """Write a zip for each function below `source` and the files of the Spark jobs beside it; remove what is gone.

    Parameters
    ----------
    source
        Folder with the shared library and the function packages; the jobs are in `glue_src` next to it, if any.
    target
        Folder for what is made.
    libraries
        Folder with the installed dependencies, or None for the pinned ones.
    """
    libraries = dependencies.installed("lambda") if libraries is None else libraries
    names = functions(source)
    target.mkdir(parents=True, exist_ok=True)
    jobs = _package_jobs(source.parent / "glue_src", target)
    made = {job.file for job in jobs} | {target / f"{name}.zip" for name in names}
    for leftover in {*target.glob("*.zip"), *target.glob("*.py")} - made:
        leftover.unlink()
    used = {entry: file for entry, file in _files(libraries).items() if not entry.startswith(_NEVER_USED)}
    common = {**used, **_files(source / SHARED, prefix=f"{SHARED}/")}
    models = {name: file for name, file in _files(source / MODELS, f"{MODELS}/").items() if file.suffix == ".json"}
    built = []
    for name in names:
        own = {**_files(source / name, prefix=f"{name}/"), **(models if name in WITH_MODELS else {})}
        built.append(write({**common, **own}, name, target / f"{name}.zip"))
    return built + jobs


def _package_jobs(source: Path, target: Path) -> list[Package]:
    """Write the scripts of the Spark jobs and the zip with their library; nothing where there are none."""
    if not (source / JOBS_LIBRARY).is_dir():
        return []
    library = _files(source / JOBS_LIBRARY, prefix=f"{JOBS_LIBRARY}/")
    built = [write(library, JOBS_LIBRARY, target / f"{JOBS_LIBRARY}.zip")]
    for script in sorted(source.glob("[!_]*.py")):
        shutil.copyfile(script, target / script.name)
        content = script.read_bytes()
        built.append(Package(script.stem, target / script.name, len(content), hashlib.sha256(content).hexdigest()))
    return built


def write(files: Mapping[str, Path], name: str, target: Path) -> Package:
    """Write the files, under their names, to `target`; leave it alone when nothing changed."""
    native = sorted(entry for entry in files if _is_native(entry))
    if native:
        raise CommandError(
            f"the package of {name!r} must be pure Python (it runs on any architecture) but holds {native[0]}."
        )
    unfinished = target.with_suffix(".tmp")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for entry in sorted(files):
            information = zipfile.ZipInfo(entry, _EPOCH)
            information.create_system = _UNIX
            information.external_attr = _REGULAR_FILE_0644
            archive.writestr(information, files[entry].read_bytes())
    content = unfinished.read_bytes()
    unfinished.replace(target)
    return Package(name, target, len(content), hashlib.sha256(content).hexdigest())


def _files(folder: Path, prefix: str = "") -> dict[str, Path]:
    return {prefix + entry.relative_to(folder).as_posix(): entry for entry in _kept(folder)}


def _kept(folder: Path) -> Iterator[Path]:
    for entry in folder.rglob("*"):
        parts = entry.relative_to(folder).parts
        hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
        programs = parts[0] == "bin"  # console scripts name the interpreter that installed them
        records = entry.name in _INSTALLER_RECORDS and entry.parent.name.endswith(".dist-info")
        if entry.is_file() and not (hidden or programs or records or entry.suffix in _COMPILED):
            yield entry


def _is_native(entry: str) -> bool:
    name = entry.rsplit("/", 1)[-1]
    return Path(name).suffix in _NATIVE or ".so." in name


def main() -> int:
    """Build all packages and print a line for each."""
    try:
        packages = package_all()
    except CommandError as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    for package in packages:
        print(f"{paths.shown(package.file):<40} {package.size:>9,} bytes  sha256 {package.sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
