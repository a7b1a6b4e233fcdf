"""Generated from api/openapi.yaml (TransactionRequest) by scripts/compile_schemas.py."""
# mypy: ignore-errors
VERSION = "2.21.2"
from decimal import Decimal
import re
from pipeline.domain.violation import SchemaViolation


REGEX_PATTERNS = {
    '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$': re.compile('^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\\Z'),
    '^[A-Z]{3}$': re.compile('^[A-Z]{3}\\Z'),
    '^[a-z0-9_]{1,64}$': re.compile('^[a-z0-9_]{1,64}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['transaction_id', 'account_id', 'merchant_id', 'amount', 'currency', 'occurred_at']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['transaction_id', 'account_id', 'merchant_id', 'amount', 'currency', 'occurred_at']}, rule='required')
        data_keys = set(data.keys())
        if "transaction_id" in data_keys:
            data_keys.remove("transaction_id")
            data__transactionid = data["transaction_id"]
            if not isinstance(data__transactionid, (str)):
                raise SchemaViolation(name_prefix + ".transaction_id must be string", value=data__transactionid, name=name_prefix + ".transaction_id", rule='type')
            if isinstance(data__transactionid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'].search(data__transactionid):
                    raise SchemaViolation(name_prefix + ".transaction_id must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$", value=data__transactionid, name=name_prefix + ".transaction_id", rule='pattern')
        if "account_id" in data_keys:
            data_keys.remove("account_id")
            data__accountid = data["account_id"]
            if not isinstance(data__accountid, (str)):
                raise SchemaViolation(name_prefix + ".account_id must be string", value=data__accountid, name=name_prefix + ".account_id", rule='type')
            if isinstance(data__accountid, str):
                if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'].search(data__accountid):
                    raise SchemaViolation(name_prefix + ".account_id must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$", value=data__accountid, name=name_prefix + ".account_id", rule='pattern')
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
        if "occurred_at" in data_keys:
            data_keys.remove("occurred_at")
            data__occurredat = data["occurred_at"]
            if not isinstance(data__occurredat, (str)):
                raise SchemaViolation(name_prefix + ".occurred_at must be string", value=data__occurredat, name=name_prefix + ".occurred_at", rule='type')
            if isinstance(data__occurredat, str):
                data__occurredat_len = len(data__occurredat)
                if data__occurredat_len > 40:
                    raise SchemaViolation(name_prefix + ".occurred_at must be shorter than or equal to 40 characters", value=data__occurredat, name=name_prefix + ".occurred_at", rule='maxLength')
        if "category" in data_keys:
            data_keys.remove("category")
            data__category = data["category"]
            if not isinstance(data__category, (str)):
                raise SchemaViolation(name_prefix + ".category must be string", value=data__category, name=name_prefix + ".category", rule='type')
            if isinstance(data__category, str):
                if not REGEX_PATTERNS['^[a-z0-9_]{1,64}$'].search(data__category):
                    raise SchemaViolation(name_prefix + ".category must match pattern ^[a-z0-9_]{1,64}$", value=data__category, name=name_prefix + ".category", rule='pattern')
        if "channel" in data_keys:
            data_keys.remove("channel")
            data__channel = data["channel"]
            if not isinstance(data__channel, (str)):
                raise SchemaViolation(name_prefix + ".channel must be string", value=data__channel, name=name_prefix + ".channel", rule='type')
            if data__channel not in ['card_present', 'online', 'atm', 'transfer', 'direct_debit']:
                raise SchemaViolation(name_prefix + ".channel must be one of ['card_present', 'online', 'atm', 'transfer', 'direct_debit']", value=data__channel, name=name_prefix + ".channel", rule='enum')
        if "location" in data_keys:
            data_keys.remove("location")
            data__location = data["location"]
            if not isinstance(data__location, (dict)):
                raise SchemaViolation(name_prefix + ".location must be object", value=data__location, name=name_prefix + ".location", rule='type')
            data__location_is_dict = isinstance(data__location, dict)
            if data__location_is_dict:
                data__location__missing_keys = set(['latitude', 'longitude']) - data__location.keys()
                if data__location__missing_keys:
                    raise SchemaViolation(name_prefix + ".location must contain " + (str(sorted(data__location__missing_keys)) + " properties"), value=data__location, name=name_prefix + ".location", definition={'required': ['latitude', 'longitude']}, rule='required')
                data__location_keys = set(data__location.keys())
                if "latitude" in data__location_keys:
                    data__location_keys.remove("latitude")
                    data__location__latitude = data__location["latitude"]
                    if not isinstance(data__location__latitude, (int, float, Decimal)) or isinstance(data__location__latitude, bool):
                        raise SchemaViolation(name_prefix + ".location.latitude must be number", value=data__location__latitude, name=name_prefix + ".location.latitude", rule='type')
                    if isinstance(data__location__latitude, (int, float, Decimal)):
                        if data__location__latitude < -90:
                            raise SchemaViolation(name_prefix + ".location.latitude must be bigger than or equal to -90", value=data__location__latitude, name=name_prefix + ".location.latitude", rule='minimum')
                        if data__location__latitude > 90:
                            raise SchemaViolation(name_prefix + ".location.latitude must be smaller than or equal to 90", value=data__location__latitude, name=name_prefix + ".location.latitude", rule='maximum')
                if "longitude" in data__location_keys:
                    data__location_keys.remove("longitude")
                    data__location__longitude = data__location["longitude"]
                    if not isinstance(data__location__longitude, (int, float, Decimal)) or isinstance(data__location__longitude, bool):
                        raise SchemaViolation(name_prefix + ".location.longitude must be number", value=data__location__longitude, name=name_prefix + ".location.longitude", rule='type')
                    if isinstance(data__location__longitude, (int, float, Decimal)):
                        if data__location__longitude < -180:
                            raise SchemaViolation(name_prefix + ".location.longitude must be bigger than or equal to -180", value=data__location__longitude, name=name_prefix + ".location.longitude", rule='minimum')
                        if data__location__longitude > 180:
                            raise SchemaViolation(name_prefix + ".location.longitude must be smaller than or equal to 180", value=data__location__longitude, name=name_prefix + ".location.longitude", rule='maximum')
                if data__location_keys:
                    raise SchemaViolation(name_prefix + ".location must not contain "+str(data__location_keys)+" properties", value=data__location, name=name_prefix + ".location", definition={'properties': ['latitude', 'longitude']}, rule='additionalProperties')
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['transaction_id', 'account_id', 'merchant_id', 'amount', 'currency', 'occurred_at', 'category', 'channel', 'location']}, rule='additionalProperties')
    return data