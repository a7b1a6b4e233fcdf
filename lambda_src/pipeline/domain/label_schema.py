"""Generated from api/openapi.yaml (LabelRequest) by scripts/compile_schemas.py."""
# mypy: ignore-errors
VERSION = "2.21.2"
from decimal import Decimal
import re
from pipeline.domain.violation import SchemaViolation


REGEX_PATTERNS = {
    '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$': re.compile('^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['transaction_id', 'label', 'source', 'confirmed_at']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['transaction_id', 'label', 'source', 'confirmed_at']}, rule='required')
        data_keys = set(data.keys())
        if "transaction_id" in data_keys:
            data_keys.remove("transaction_id")
            data__transactionid = data["transaction_id"]
            if not isinstance(data__transactionid, (str)):
                raise SchemaViolation(name_prefix + ".transaction_id must be string", value=data__transactionid, name=name_prefix + ".transaction_id", rule='type')
            if isinstance(data__transactionid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'].search(data__transactionid):
                    raise SchemaViolation(name_prefix + ".transaction_id must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$", value=data__transactionid, name=name_prefix + ".transaction_id", rule='pattern')
        if "label" in data_keys:
            data_keys.remove("label")
            data__label = data["label"]
            if not isinstance(data__label, (str)):
                raise SchemaViolation(name_prefix + ".label must be string", value=data__label, name=name_prefix + ".label", rule='type')
            if data__label not in ['fraud', 'genuine', 'unknown']:
                raise SchemaViolation(name_prefix + ".label must be one of ['fraud', 'genuine', 'unknown']", value=data__label, name=name_prefix + ".label", rule='enum')
        if "source" in data_keys:
            data_keys.remove("source")
            data__source = data["source"]
            if not isinstance(data__source, (str)):
                raise SchemaViolation(name_prefix + ".source must be string", value=data__source, name=name_prefix + ".source", rule='type')
            if data__source not in ['analyst', 'chargeback', 'customer', 'other']:
                raise SchemaViolation(name_prefix + ".source must be one of ['analyst', 'chargeback', 'customer', 'other']", value=data__source, name=name_prefix + ".source", rule='enum')
        if "confirmed_at" in data_keys:
            data_keys.remove("confirmed_at")
            data__confirmedat = data["confirmed_at"]
            if not isinstance(data__confirmedat, (str)):
                raise SchemaViolation(name_prefix + ".confirmed_at must be string", value=data__confirmedat, name=name_prefix + ".confirmed_at", rule='type')
            if isinstance(data__confirmedat, str):
                data__confirmedat_len = len(data__confirmedat)
                if data__confirmedat_len > 40:
                    raise SchemaViolation(name_prefix + ".confirmed_at must be shorter than or equal to 40 characters", value=data__confirmedat, name=name_prefix + ".confirmed_at", rule='maxLength')
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['transaction_id', 'label', 'source', 'confirmed_at']}, rule='additionalProperties')
    return data