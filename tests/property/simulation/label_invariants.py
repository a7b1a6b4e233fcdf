"""What must hold of labels, in every system that takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.property.simulation.system import System


def labels_stand(system: System, rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Check that every label that was taken is kept, once, and that the one confirmed last stands.

    Parameters
    ----------
    system
        Where labels were sent.
    rows
        Its transactions by their ids.
    """
    said = {
        (each.transaction_id, each.label, each.confirmed_at.replace("Z", ".000000Z")) for each in system.scenario.labels
    }
    kept: set[tuple[str, str, str]] = set()
    for key, row in rows.items():
        labels = [(key, each["value"], each["confirmed_at"]) for each in row.get("labels", [])]
        if len(set(labels)) != len(labels) or len(labels) != row.get("label_revision", 0):
            yield f"{key} keeps {labels} at the label revision {row.get('label_revision')}"
        if not labels:
            continue
        kept |= set(labels)
        newest = max(at for _, _, at in labels)
        last = [value for _, value, at in labels if at == newest][-1]
        if (row["label"]["value"], row["label"]["confirmed_at"]) != (last, newest):
            yield f"{key} stands as {row['label']['value']}, confirmed last was {last}"
    taken = {(each.transaction_id, each.label, each.confirmed_at.replace("Z", ".000000Z")) for each in system.taken}
    if taken - kept or kept - said:
        yield f"taken and not kept: {sorted(taken - kept)}; kept and not said: {sorted(kept - said)}"
