"""Who calls, and whose transactions they may see.

| who                                                   | sees                           |
|-------------------------------------------------------|--------------------------------|
| an API key, a signed request, an open API (no claims) | all customers                  |
| a token with the group `operators`                    | all customers                  |
| a token with the claim `custom:customer_id`           | that customer                  |
| any other token, also one whose claim is no id        | nobody: it belongs to no tenant |

The gateway has checked the token; this is what its claims mean. Whoever may set the claim chooses the tenant, so
users must not be able to write that attribute themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from pipeline.domain.ids import is_id

CUSTOMER_CLAIM = "custom:customer_id"
GROUPS_CLAIM = "cognito:groups"
OPERATORS = "operators"


@dataclass(frozen=True)
class Caller:
    """Whose transactions somebody may see.

    Parameters
    ----------
    sees_all
        Whether it is everybody's.
    customer_id
        Otherwise the one customer whose they are; None: nobody's.
    """

    sees_all: bool
    customer_id: Optional[str] = None

    def may_see(self, customer_id: Optional[str]) -> bool:
        """Tell whether what belongs to this customer may be shown; None stands for all customers together."""
        return self.sees_all or (customer_id is not None and customer_id == self.customer_id)


def caller_of(claims: Optional[Mapping[str, Any]]) -> Caller:
    """Return the caller that a token's claims describe.

    Parameters
    ----------
    claims
        As the gateway hands them on. None: the request had no token, and was let in by other means.
    """
    if claims is None:
        return Caller(sees_all=True)
    if OPERATORS in _groups(claims.get(GROUPS_CLAIM)):
        return Caller(sees_all=True)
    customer_id = claims.get(CUSTOMER_CLAIM)
    return Caller(sees_all=False, customer_id=customer_id if is_id(customer_id) else None)


def _groups(claim: Any) -> list[str]:
    """Read a list that the gateway may have made a text of: "a,b" on AWS, "[a b]" elsewhere. No name has a space."""
    if isinstance(claim, str):
        return re.split("[, ]+", claim.strip("[]"))
    return [group for group in claim if isinstance(group, str)] if isinstance(claim, list) else []
