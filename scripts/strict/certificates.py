"""A certificate for the loopback interface, made for one run and trusted by what that run starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Certificates:
    """Files with what a server on the loopback interface needs, and what its clients must trust."""

    authority: Path
    chain: Path
    key: Path


def make(folder: Path, host: str) -> Certificates:
    """Make an authority of this run's own and a certificate for `host`; its key is for this user alone.

    Parameters
    ----------
    folder
        Where the files are written; those of an earlier run are replaced.
    host
        The address that clients use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    authority = trustme.CA()
    issued = authority.issue_cert(host)
    authority.cert_pem.write_to_path(made.authority)
    made.chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    made.key.unlink(missing_ok=True)
    made.key.touch(mode=0o600)
    made.key.write_bytes(issued.private_key_pem.bytes())
    return made
