"""A zip depends on the sources alone: not on the time, the place or the machine."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from scripts import dependencies, interpreters, package, paths
from scripts.errors import CommandError
from tests.function_settings import settings_of

RUNTIMES = interpreters.find_all(interpreters.RUNTIMES)
THIRD_PARTY = {"aws_lambda_powertools", "botocore", "dateutil", "jmespath", "six", "urllib3"}
"""What a function imports of others: each more is paid for by every cold start, `boto3` with 24 ms."""
WITHOUT_CLIENTS = {"case_assess": {"aws_lambda_powertools", "botocore", "jmespath"}}
"""Those that ask nothing of AWS; the rest is what logs and metrics bring."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, text in {
        "lambda_src/pipeline/__init__.py": "",
        "lambda_src/ingest/__init__.py": "",
        "lambda_src/ingest/handler.py": "def handler(event, context): ...\n",
        "lambda_src/unfinished/notes.py": "no handler yet\n",
        "libraries/lib/__init__.py": "",
        "libraries/lib/__pycache__/x.cpython-312.pyc": "compiled",
        "libraries/lib-1.0.dist-info/METADATA": "Name: lib\n",
        "libraries/lib-1.0.dist-info/RECORD": "names of files\n",
        "libraries/lib-1.0.dist-info/INSTALLER": "uv",
        "libraries/bin/lib": "#!/the/python/of/this/machine\n",
        "libraries/.lock": "",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def build(source: Path, target: str = "packages") -> package.Package:
    (built,) = package.package_all(source / "lambda_src", source / target, source / "libraries")
    return built


def test_a_zip_holds_the_function_the_shared_library_and_the_dependencies(source: Path) -> None:
    assert zipfile.ZipFile(build(source).file).namelist() == [
        "ingest/__init__.py",
        "ingest/handler.py",
        "lib-1.0.dist-info/METADATA",
        "lib/__init__.py",
        "pipeline/__init__.py",
    ]


def test_the_models_are_in_the_zips_of_those_that_know_them_and_in_no_other(source: Path) -> None:
    for name in ("models/fraud.json", "models/README.md", "process/__init__.py", "process/handler.py"):
        file = source / "lambda_src" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("{}")

    built = package.package_all(source / "lambda_src", source / "packages", source / "libraries")

    models = {
        one.name: [name for name in zipfile.ZipFile(one.file).namelist() if name.startswith("models/")] for one in built
    }
    assert models == {"ingest": [], "process": ["models/fraud.json"]}
    assert set(package.functions()) >= package.WITH_MODELS


def test_times_modes_and_the_order_of_creation_leave_no_trace(source: Path) -> None:
    first = build(source)
    for number, file in enumerate(sorted(source.rglob("*.py"), reverse=True)):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
        file.chmod(0o755)
        os.utime(file, (number, 1_000_000_000 + number))

    assert build(source, "again").sha256 == first.sha256


def test_a_changed_source_changes_the_zip(source: Path) -> None:
    first = build(source)
    (source / "lambda_src" / "pipeline" / "__init__.py").write_text("# changed\n")

    assert build(source).sha256 != first.sha256


def test_the_zip_of_a_function_that_is_gone_is_removed(source: Path) -> None:
    build(source)
    (source / "packages" / "old.zip").write_bytes(b"")

    build(source)

    assert [file.name for file in (source / "packages").iterdir()] == ["ingest.zip"]


@pytest.mark.parametrize("name", ["fast.cpython-313-x86_64-linux-gnu.so", "lib.so.1", "speed.pyd"])
def test_a_native_file_is_refused_by_name(source: Path, name: str) -> None:
    (source / "libraries" / "lib" / name).touch()

    with pytest.raises(CommandError, match=f"'ingest' must be pure Python.*{name}"):
        build(source)


def test_the_real_zips_are_the_same_for_another_python_locale_time_zone_and_folder(tmp_path: Path) -> None:
    here = {built.name: built.sha256 for built in package.package_all(target=tmp_path / "here")}
    libraries = str(dependencies.installed("lambda"))
    program = (
        f"import sys; sys.path.insert(0, {str(paths.ROOT)!r})\n"
        "from pathlib import Path\n"
        "from scripts import package\n"
        f"for built in package.package_all(target=Path('there'), libraries=Path({libraries!r})):\n"
        "    print(built.name, built.sha256)\n"
    )
    for runtime in RUNTIMES:
        printed = subprocess.run(
            [str(runtime.path), "-B", "-c", program],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "Asia/Kathmandu", "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert dict(line.split() for line in printed.splitlines()) == here, runtime.name


@pytest.mark.parametrize("runtime", RUNTIMES, ids=lambda runtime: f"python{runtime.name}")
@pytest.mark.parametrize("function", package.functions())
def test_each_handler_imports_from_its_zip_alone(
    function: str, runtime: interpreters.Interpreter, packages: Path, tmp_path: Path
) -> None:
    sdk = dependencies.installed("runtime")
    program = (
        "import sys\n"
        f"sys.path[:0] = [{str(packages / f'{function}.zip')!r}, {str(sdk)!r}]\n"
        f"import importlib; module = importlib.import_module('{function}.handler')\n"
        "assert callable(module.handler)\n"
        "files = {name: getattr(module, '__file__', None) or '' for name, module in sys.modules.items()}\n"
        "print(*{name.partition('.')[0] for name, file in files.items() if file.startswith(tuple(sys.path[:2]))})\n"
    )
    done = subprocess.run(
        [str(runtime.path), "-I", "-S", "-B", "-c", program],
        cwd=tmp_path,
        env=settings_of(function),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    # Powertools asks it for what Python has since 3.13; before that, it is imported.
    shim = set() if runtime.version >= (3, 13) else {"typing_extensions"}
    assert set(done.stdout.split()) == {function, package.SHARED} | WITHOUT_CLIENTS.get(function, THIRD_PARTY) | shim


def test_no_zip_is_above_two_megabytes(packages: Path) -> None:
    assert [file.name for file in packages.glob("*.zip") if file.stat().st_size > 2_000_000] == []


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("packages")
    package.package_all(target=target)
    return target


def jobs(source: Path, *names: str) -> list[Path]:
    files = [source / "glue_src" / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# {file.name}\n")
    return files


def test_the_jobs_are_a_script_each_and_the_library_of_all(source: Path) -> None:
    jobs(source, "daily.py", "_notes.py", "lake_jobs/__init__.py", "lake_jobs/days/reading.py", "lake_jobs/x.pyc")

    built = package.package_all(source / "lambda_src", source / "packages", source / "libraries")

    assert [one.file.name for one in built] == ["ingest.zip", "lake_jobs.zip", "daily.py"]
    assert zipfile.ZipFile(built[1].file).namelist() == ["lake_jobs/__init__.py", "lake_jobs/days/reading.py"]
    assert built[2].file.read_text() == "# daily.py\n"


def test_the_library_of_the_jobs_depends_on_the_sources_alone(source: Path) -> None:
    files = jobs(source, "daily.py", "lake_jobs/__init__.py", "lake_jobs/reading.py")
    first = package.package_all(source / "lambda_src", source / "packages", source / "libraries")
    for number, file in enumerate(files):
        file.chmod(0o755)
        os.utime(file, (number, 1_000_000_000 + number))

    again = package.package_all(source / "lambda_src", source / "again", source / "libraries")

    assert [one.sha256 for one in again] == [one.sha256 for one in first]


def test_a_job_that_is_gone_leaves_no_file(source: Path) -> None:
    daily, *_ = jobs(source, "daily.py", "weekly.py", "lake_jobs/__init__.py")
    package.package_all(source / "lambda_src", source / "packages", source / "libraries")
    daily.unlink()

    package.package_all(source / "lambda_src", source / "packages", source / "libraries")

    assert sorted(file.name for file in (source / "packages").iterdir()) == [
        "ingest.zip",
        "lake_jobs.zip",
        "weekly.py",
    ]
