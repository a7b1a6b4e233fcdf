"""Generated from examples/merchant_api/openapi.yaml (TransactionRequest) by scripts/compile_schemas.py."""
# mypy: ignore-errors
VERSION = "2.21.2"
from decimal import Decimal
import re
from pipeline.domain.violation import SchemaViolation


REGEX_PATTERNS = {
    '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$': re.compile('^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\\Z'),
    '^[A-Z]{3}$': re.compile('^[A-Z]{3}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['transaction_id', 'merchant_id', 'amount', 'currency']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['transaction_id', 'merchant_id', 'amount', 'currency']}, rule='required')
        data_keys = set(data.keys())
        if "transaction_id" in data_keys:
            data_keys.remove("transaction_id")
            data__transactionid = data["transaction_id"]
            if not isinstance(data__transactionid, (str)):
                raise SchemaViolation(name_prefix + ".transaction_id must be string", value=data__transactionid, name=name_prefix + ".transaction_id", rule='type')
            if isinstance(data__transactionid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'].search(data__transactionid):
                    raise SchemaViolation(name_prefix + ".transaction_id must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$", value=data__transactionid, name=name_prefix + ".transaction_id", rule='pattern')
        if "merchant_id" in data_keys:
            data_keys.remove("merchant_id")
            data__merchantid = data["merchant_id"]
            if not isinstance(data__merchantid, (str)):
                raise SchemaViolation(name_prefix + ".merchant_id must be string", value=data__merchantid, name=name_prefix + ".merchant_id", rule='type')
            if isinstance(data__merchantid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'].search(data__merchantid):
                    raise SchemaViolation(name_prefix + ".merchant_id must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$", value=data__merchantid, name=name_prefix + ".merchant_id", rule='pattern')
        if "amount" in data_keys:
            data_keys.remove("amount")
            data__amount = data["amount"]
            if not isinstance(data__amount, (int, float, Decimal)) or isinstance(data__amount, bool):
                raise SchemaViolation(name_prefix + ".amount must be number", value=data__amount, name=name_prefix + ".amount", rule='type')
            try:
                if isinstance(data__amount, (int, float, Decimal)):
                    if data__amount > 0:
                        raise SchemaViolation(name_prefix + ".amount must be smaller than or equal to 0", value=data__amount, name=name_prefix + ".amount", rule='maximum')
            except SchemaViolation: pass
            else:
                raise SchemaViolation(name_prefix + ".amount must NOT match a disallowed definition", value=data__amount, name=name_prefix + ".amount", rule='not')
            if isinstance(data__amount, (int, float, Decimal)):
                if data__amount < 0:
                    raise SchemaViolation(name_prefix + ".amount must be bigger than or equal to 0", value=data__amount, name=name_prefix + ".amount", rule='minimum')
                if data__amount > 999999999999:
                    raise SchemaViolation(name_prefix + ".amount must be smaller than or equal to 999999999999", value=data__amount, name=name_prefix + ".amount", rule='maximum')
        if "currency" in data_keys:
            data_keys.remove("currency")
            data__currency = data["currency"]
            if not isinstance(data__currency, (str)):
                raise SchemaViolation(name_prefix + ".currency must be string", value=data__currency, name=name_prefix + ".currency", rule='type')
            if isinstance(data__currency, str):
                if not REGEX_PATTERNS['^[A-Z]{3}$'].search(data__currency):
                    raise SchemaViolation(name_prefix + ".currency must match pattern ^[A-Z]{3}$", value=data__currency, name=name_prefix + ".currency", rule='pattern')
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['transaction_id', 'merchant_id', 'amount', 'currency']}, rule='additionalProperties')
    return data