"""Chooses which of the files that chalice packed ship, and writes the zip. The same sources give the same bytes."""

import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .sdk_data import prune_data

SERVICES = ("dynamodb", "kms", "lambda", "sns", "sqs")
"""The services that the running app calls. The packaged botocore can make a client for no other."""

NEVER_IMPORTED = (
    *(
        "boto3",
        "s3transfer",
        "blessed",
        "click",
        "editor",
        "inquirer",
        "jinxed",
        "packaging",
        "pip",
        "pycparser",
        "pyyaml",
        "readchar",
    ),
    *("runs", "setuptools", "wcwidth", "wheel", "xmod", "ansicon"),
)
"""Distributions that the running app never imports. chalice needs them to deploy, and cffi to compile. boto3 is here
because the app calls AWS through botocore alone."""

_UTILITIES = (
    *("auth_alpha", "circuit_breaker", "data_masking", "feature_flags", "idempotency"),
    *("kafka", "parameters", "parser", "streaming", "validation"),
)

_EVENTS = (
    *("active_mq_event.py", "api_gateway_authorizer_event.py", "appsync", "appsync_authorizer_event.py"),
    *("cognito_user_pool_event.py", "iot_registry_event.py", "rabbit_mq_event.py", "s3_object_event.py"),
)

NEVER_OPENED = (
    "aws_lambda_powertools/event_handler",
    *(f"aws_lambda_powertools/utilities/{name}" for name in _UTILITIES),
    *(f"aws_lambda_powertools/utilities/data_classes/{name}" for name in _EVENTS),
    "aws_lambda_powertools/metrics/provider/datadog",
    "botocore/crt/auth.py",
    *("dateutil/easter.py", "dateutil/rrule.py", "dateutil/tz/win.py", "dateutil/zoneinfo"),
    *("cryptography/fernet.py", "cryptography/hazmat/asn1", "cryptography/hazmat/primitives/twofactor"),
    *("cryptography/hazmat/primitives/serialization/pkcs7.py", "cryptography/x509/ocsp.py"),
    *("urllib3/contrib/emscripten", "urllib3/contrib/pyopenssl.py", "urllib3/contrib/socks.py"),
    "urllib3/http2/connection.py",
    *("bin", "cffi"),
)
"""Parts of shipped distributions that the app never opens: for other services and platforms, compilers, commands."""

_BOTOCORE_DATA = PurePosixPath("botocore/data")
_BOTOCORE_KEEPS = ("endpoints.json", "partitions.json", "_retry.json", "sdk-default-configuration.json")
_SERVICE_FILES = ("service-2", "service-2.sdk-extras", "endpoint-rule-set-1", "paginators-1", "waiters-2")
_FOR_DEVELOPERS = frozenset({".pyi", ".typed", ".pth", ".pyc"})
_COMPILER = {"PYTHONHASHSEED": "0", "PYTHONNODEBUGRANGES": "1"}  # a traceback names lines, not columns
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16


def slim(full: Path, made: Path, work: Path) -> None:
    """Writes the zip `made` from the zip `full`. Unpacks it into the folder `work`."""
    shutil.rmtree(work, ignore_errors=True)
    with ZipFile(full) as packed:
        for name in packed.namelist():
            if ships(PurePosixPath(name)):
                packed.extract(name, work)
    prune_data(work / _BOTOCORE_DATA, SERVICES)
    compile_all(work)
    _write(work, made)


def ships(path: PurePosixPath) -> bool:
    """Returns True if the app needs this file of chalice's zip to run."""
    if path.is_relative_to(_BOTOCORE_DATA):
        return _is_used_data(path.relative_to(_BOTOCORE_DATA))
    return not (
        any(path.is_relative_to(part) for part in NEVER_OPENED)
        or path.parts[0].endswith(".dist-info")
        or "__pycache__" in path.parts
        or path.suffix in _FOR_DEVELOPERS
        or path.name == "py.typed"
    )


def _is_used_data(path: PurePosixPath) -> bool:
    stem = path.name.removesuffix(".gz").removesuffix(".json")
    return str(path).removesuffix(".gz") in _BOTOCORE_KEEPS or (path.parts[0] in SERVICES and stem in _SERVICE_FILES)


def compile_all(folder: Path) -> None:
    """Replaces the sources with bytecode for the interpreter that runs this."""
    script = Path(__file__).with_name("bytecode.py")
    subprocess.run([sys.executable, "-S", "-P", str(script), str(folder)], env=_COMPILER, check=True)


def _write(folder: Path, made: Path) -> None:
    with ZipFile(made, "w") as packed:
        for file in sorted((each for each in folder.rglob("*") if each.is_file()), key=Path.as_posix):
            entry = ZipInfo(file.relative_to(folder).as_posix(), _EARLIEST)
            entry.create_system = 3  # Unix, on every machine that builds
            entry.external_attr = _REGULAR_FILE
            packed.writestr(entry, file.read_bytes(), ZIP_DEFLATED, 9)
