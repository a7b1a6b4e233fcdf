"""Generated from policy_documents/policy.schema.json by scripts/compile_schemas.py."""
# mypy: ignore-errors
VERSION = "2.21.2"
from decimal import Decimal
import re
from pipeline.domain.violation import SchemaViolation


REGEX_PATTERNS = {
    '^[A-Za-z0-9_.-]{1,32}$': re.compile('^[A-Za-z0-9_.-]{1,32}\\Z'),
    '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$': re.compile('^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}\\Z'),
    '^[0-9a-f]{64}$': re.compile('^[0-9a-f]{64}\\Z'),
    '^[a-z][a-z0-9_]{0,31}$': re.compile('^[a-z][a-z0-9_]{0,31}\\Z'),
    '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$': re.compile('^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\\Z')
}

NoneType = type(None)

def validate(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['schema', 'version', 'champion', 'challenger', 'shadows', 'fallback', 'kill_switch', 'policies', 'lists', 'routes', 'drift']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['schema', 'version', 'champion', 'challenger', 'shadows', 'fallback', 'kill_switch', 'policies', 'lists', 'routes', 'drift']}, rule='required')
        data_keys = set(data.keys())
        if "$schema" in data_keys:
            data_keys.remove("$schema")
            data__schema = data["$schema"]
            if not isinstance(data__schema, (str)):
                raise SchemaViolation(name_prefix + ".$schema must be string", value=data__schema, name=name_prefix + ".$schema", rule='type')
            if isinstance(data__schema, str):
                data__schema_len = len(data__schema)
                if data__schema_len > 200:
                    raise SchemaViolation(name_prefix + ".$schema must be shorter than or equal to 200 characters", value=data__schema, name=name_prefix + ".$schema", rule='maxLength')
        if "schema" in data_keys:
            data_keys.remove("schema")
            data__schema = data["schema"]
            if data__schema not in [1]:
                raise SchemaViolation(name_prefix + ".schema must be one of [1]", value=data__schema, name=name_prefix + ".schema", rule='enum')
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            validate___definitions_version(data__version, custom_formats, name_prefix + ".version")
        if "note" in data_keys:
            data_keys.remove("note")
            data__note = data["note"]
            if not isinstance(data__note, (str)):
                raise SchemaViolation(name_prefix + ".note must be string", value=data__note, name=name_prefix + ".note", rule='type')
            if isinstance(data__note, str):
                data__note_len = len(data__note)
                if data__note_len > 500:
                    raise SchemaViolation(name_prefix + ".note must be shorter than or equal to 500 characters", value=data__note, name=name_prefix + ".note", rule='maxLength')
        if "champion" in data_keys:
            data_keys.remove("champion")
            data__champion = data["champion"]
            validate___definitions_name(data__champion, custom_formats, name_prefix + ".champion")
        if "challenger" in data_keys:
            data_keys.remove("challenger")
            data__challenger = data["challenger"]
            if not isinstance(data__challenger, (dict, NoneType)):
                raise SchemaViolation(name_prefix + ".challenger must be object or null", value=data__challenger, name=name_prefix + ".challenger", rule='type')
            data__challenger_is_dict = isinstance(data__challenger, dict)
            if data__challenger_is_dict:
                data__challenger__missing_keys = set(['policy', 'share_basis_points', 'salt']) - data__challenger.keys()
                if data__challenger__missing_keys:
                    raise SchemaViolation(name_prefix + ".challenger must contain " + (str(sorted(data__challenger__missing_keys)) + " properties"), value=data__challenger, name=name_prefix + ".challenger", definition={'required': ['policy', 'share_basis_points', 'salt']}, rule='required')
                data__challenger_keys = set(data__challenger.keys())
                if "policy" in data__challenger_keys:
                    data__challenger_keys.remove("policy")
                    data__challenger__policy = data__challenger["policy"]
                    validate___definitions_name(data__challenger__policy, custom_formats, name_prefix + ".challenger.policy")
                if "share_basis_points" in data__challenger_keys:
                    data__challenger_keys.remove("share_basis_points")
                    data__challenger__sharebasispoints = data__challenger["share_basis_points"]
                    if not isinstance(data__challenger__sharebasispoints, (int)) and not (isinstance(data__challenger__sharebasispoints, float) and data__challenger__sharebasispoints.is_integer()) or isinstance(data__challenger__sharebasispoints, bool):
                        raise SchemaViolation(name_prefix + ".challenger.share_basis_points must be integer", value=data__challenger__sharebasispoints, name=name_prefix + ".challenger.share_basis_points", rule='type')
                    if isinstance(data__challenger__sharebasispoints, (int, float, Decimal)):
                        if data__challenger__sharebasispoints < 0:
                            raise SchemaViolation(name_prefix + ".challenger.share_basis_points must be bigger than or equal to 0", value=data__challenger__sharebasispoints, name=name_prefix + ".challenger.share_basis_points", rule='minimum')
                        if data__challenger__sharebasispoints > 10000:
                            raise SchemaViolation(name_prefix + ".challenger.share_basis_points must be smaller than or equal to 10000", value=data__challenger__sharebasispoints, name=name_prefix + ".challenger.share_basis_points", rule='maximum')
                if "salt" in data__challenger_keys:
                    data__challenger_keys.remove("salt")
                    data__challenger__salt = data__challenger["salt"]
                    if not isinstance(data__challenger__salt, (str)):
                        raise SchemaViolation(name_prefix + ".challenger.salt must be string", value=data__challenger__salt, name=name_prefix + ".challenger.salt", rule='type')
                    if isinstance(data__challenger__salt, str):
                        if not REGEX_PATTERNS['^[A-Za-z0-9_.-]{1,32}$'].search(data__challenger__salt):
                            raise SchemaViolation(name_prefix + ".challenger.salt must match pattern ^[A-Za-z0-9_.-]{1,32}$", value=data__challenger__salt, name=name_prefix + ".challenger.salt", rule='pattern')
                if data__challenger_keys:
                    raise SchemaViolation(name_prefix + ".challenger must not contain "+str(data__challenger_keys)+" properties", value=data__challenger, name=name_prefix + ".challenger", definition={'properties': ['policy', 'share_basis_points', 'salt']}, rule='additionalProperties')
        if "shadows" in data_keys:
            data_keys.remove("shadows")
            data__shadows = data["shadows"]
            if not isinstance(data__shadows, (list, tuple)):
                raise SchemaViolation(name_prefix + ".shadows must be array", value=data__shadows, name=name_prefix + ".shadows", rule='type')
            data__shadows_is_list = isinstance(data__shadows, (list, tuple))
            if data__shadows_is_list:
                data__shadows_len = len(data__shadows)
                if data__shadows_len > 8:
                    raise SchemaViolation(name_prefix + ".shadows must contain less than or equal to 8 items", value=data__shadows, name=name_prefix + ".shadows", rule='maxItems')
                def fn(var): return frozenset(dict((k, fn(v)) for k, v in var.items()).items()) if hasattr(var, "items") else tuple(fn(v) for v in var) if isinstance(var, (dict, list)) else str(var) if isinstance(var, bool) else var
                if data__shadows_len > len(set(fn(data__shadows_x) for data__shadows_x in data__shadows)):
                    raise SchemaViolation(name_prefix + ".shadows must contain unique items", value=data__shadows, name=name_prefix + ".shadows", rule='uniqueItems')
                for data__shadows_x, data__shadows_item in enumerate(data__shadows):
                    validate___definitions_name(data__shadows_item, custom_formats, name_prefix + ".shadows[{data__shadows_x}]".format(**locals()))
        if "fallback" in data_keys:
            data_keys.remove("fallback")
            data__fallback = data["fallback"]
            validate___definitions_name(data__fallback, custom_formats, name_prefix + ".fallback")
        if "kill_switch" in data_keys:
            data_keys.remove("kill_switch")
            data__killswitch = data["kill_switch"]
            if not isinstance(data__killswitch, (bool)):
                raise SchemaViolation(name_prefix + ".kill_switch must be boolean", value=data__killswitch, name=name_prefix + ".kill_switch", rule='type')
        if "policies" in data_keys:
            data_keys.remove("policies")
            data__policies = data["policies"]
            if not isinstance(data__policies, (dict)):
                raise SchemaViolation(name_prefix + ".policies must be object", value=data__policies, name=name_prefix + ".policies", rule='type')
            data__policies_is_dict = isinstance(data__policies, dict)
            if data__policies_is_dict:
                data__policies_len = len(data__policies)
                if data__policies_len < 1:
                    raise SchemaViolation(name_prefix + ".policies must contain at least 1 properties", value=data__policies, name=name_prefix + ".policies", rule='minProperties')
                if data__policies_len > 8:
                    raise SchemaViolation(name_prefix + ".policies must contain less than or equal to 8 properties", value=data__policies, name=name_prefix + ".policies", rule='maxProperties')
                data__policies_keys = set(data__policies.keys())
                for data__policies_key in data__policies_keys:
                    if data__policies_key not in []:
                        data__policies_value = data__policies.get(data__policies_key)
                        validate___definitions_policy(data__policies_value, custom_formats, name_prefix + ".policies.{data__policies_key}".format(**locals()))
        if "lists" in data_keys:
            data_keys.remove("lists")
            data__lists = data["lists"]
            if not isinstance(data__lists, (dict)):
                raise SchemaViolation(name_prefix + ".lists must be object", value=data__lists, name=name_prefix + ".lists", rule='type')
            data__lists_is_dict = isinstance(data__lists, dict)
            if data__lists_is_dict:
                data__lists__missing_keys = set(['allow', 'deny']) - data__lists.keys()
                if data__lists__missing_keys:
                    raise SchemaViolation(name_prefix + ".lists must contain " + (str(sorted(data__lists__missing_keys)) + " properties"), value=data__lists, name=name_prefix + ".lists", definition={'required': ['allow', 'deny']}, rule='required')
                data__lists_keys = set(data__lists.keys())
                if "allow" in data__lists_keys:
                    data__lists_keys.remove("allow")
                    data__lists__allow = data__lists["allow"]
                    validate___definitions_list(data__lists__allow, custom_formats, name_prefix + ".lists.allow")
                if "deny" in data__lists_keys:
                    data__lists_keys.remove("deny")
                    data__lists__deny = data__lists["deny"]
                    validate___definitions_list(data__lists__deny, custom_formats, name_prefix + ".lists.deny")
                if data__lists_keys:
                    raise SchemaViolation(name_prefix + ".lists must not contain "+str(data__lists_keys)+" properties", value=data__lists, name=name_prefix + ".lists", definition={'properties': ['allow', 'deny']}, rule='additionalProperties')
        if "routes" in data_keys:
            data_keys.remove("routes")
            data__routes = data["routes"]
            if not isinstance(data__routes, (dict)):
                raise SchemaViolation(name_prefix + ".routes must be object", value=data__routes, name=name_prefix + ".routes", rule='type')
            data__routes_is_dict = isinstance(data__routes, dict)
            if data__routes_is_dict:
                data__routes__missing_keys = set(['high_value']) - data__routes.keys()
                if data__routes__missing_keys:
                    raise SchemaViolation(name_prefix + ".routes must contain " + (str(sorted(data__routes__missing_keys)) + " properties"), value=data__routes, name=name_prefix + ".routes", definition={'required': ['high_value']}, rule='required')
                data__routes_keys = set(data__routes.keys())
                if "high_value" in data__routes_keys:
                    data__routes_keys.remove("high_value")
                    data__routes__highvalue = data__routes["high_value"]
                    if not isinstance(data__routes__highvalue, (dict)):
                        raise SchemaViolation(name_prefix + ".routes.high_value must be object", value=data__routes__highvalue, name=name_prefix + ".routes.high_value", rule='type')
                    data__routes__highvalue_is_dict = isinstance(data__routes__highvalue, dict)
                    if data__routes__highvalue_is_dict:
                        data__routes__highvalue__missing_keys = set(['amount_above']) - data__routes__highvalue.keys()
                        if data__routes__highvalue__missing_keys:
                            raise SchemaViolation(name_prefix + ".routes.high_value must contain " + (str(sorted(data__routes__highvalue__missing_keys)) + " properties"), value=data__routes__highvalue, name=name_prefix + ".routes.high_value", definition={'required': ['amount_above']}, rule='required')
                        data__routes__highvalue_keys = set(data__routes__highvalue.keys())
                        if "amount_above" in data__routes__highvalue_keys:
                            data__routes__highvalue_keys.remove("amount_above")
                            data__routes__highvalue__amountabove = data__routes__highvalue["amount_above"]
                            if not isinstance(data__routes__highvalue__amountabove, (int, float, Decimal)) or isinstance(data__routes__highvalue__amountabove, bool):
                                raise SchemaViolation(name_prefix + ".routes.high_value.amount_above must be number", value=data__routes__highvalue__amountabove, name=name_prefix + ".routes.high_value.amount_above", rule='type')
                            if isinstance(data__routes__highvalue__amountabove, (int, float, Decimal)):
                                if data__routes__highvalue__amountabove < 0:
                                    raise SchemaViolation(name_prefix + ".routes.high_value.amount_above must be bigger than or equal to 0", value=data__routes__highvalue__amountabove, name=name_prefix + ".routes.high_value.amount_above", rule='minimum')
                                if data__routes__highvalue__amountabove > 999999999999:
                                    raise SchemaViolation(name_prefix + ".routes.high_value.amount_above must be smaller than or equal to 999999999999", value=data__routes__highvalue__amountabove, name=name_prefix + ".routes.high_value.amount_above", rule='maximum')
                        if data__routes__highvalue_keys:
                            raise SchemaViolation(name_prefix + ".routes.high_value must not contain "+str(data__routes__highvalue_keys)+" properties", value=data__routes__highvalue, name=name_prefix + ".routes.high_value", definition={'properties': ['amount_above']}, rule='additionalProperties')
                if data__routes_keys:
                    raise SchemaViolation(name_prefix + ".routes must not contain "+str(data__routes_keys)+" properties", value=data__routes, name=name_prefix + ".routes", definition={'properties': ['high_value']}, rule='additionalProperties')
        if "drift" in data_keys:
            data_keys.remove("drift")
            data__drift = data["drift"]
            if not isinstance(data__drift, (dict)):
                raise SchemaViolation(name_prefix + ".drift must be object", value=data__drift, name=name_prefix + ".drift", rule='type')
            data__drift_is_dict = isinstance(data__drift, dict)
            if data__drift_is_dict:
                data__drift__missing_keys = set(['psi_max_thousandths', 'alert_rate_max_basis_points', 'minimum_decisions']) - data__drift.keys()
                if data__drift__missing_keys:
                    raise SchemaViolation(name_prefix + ".drift must contain " + (str(sorted(data__drift__missing_keys)) + " properties"), value=data__drift, name=name_prefix + ".drift", definition={'required': ['psi_max_thousandths', 'alert_rate_max_basis_points', 'minimum_decisions']}, rule='required')
                data__drift_keys = set(data__drift.keys())
                if "psi_max_thousandths" in data__drift_keys:
                    data__drift_keys.remove("psi_max_thousandths")
                    data__drift__psimaxthousandths = data__drift["psi_max_thousandths"]
                    if not isinstance(data__drift__psimaxthousandths, (int)) and not (isinstance(data__drift__psimaxthousandths, float) and data__drift__psimaxthousandths.is_integer()) or isinstance(data__drift__psimaxthousandths, bool):
                        raise SchemaViolation(name_prefix + ".drift.psi_max_thousandths must be integer", value=data__drift__psimaxthousandths, name=name_prefix + ".drift.psi_max_thousandths", rule='type')
                    if isinstance(data__drift__psimaxthousandths, (int, float, Decimal)):
                        if data__drift__psimaxthousandths < 1:
                            raise SchemaViolation(name_prefix + ".drift.psi_max_thousandths must be bigger than or equal to 1", value=data__drift__psimaxthousandths, name=name_prefix + ".drift.psi_max_thousandths", rule='minimum')
                        if data__drift__psimaxthousandths > 100000:
                            raise SchemaViolation(name_prefix + ".drift.psi_max_thousandths must be smaller than or equal to 100000", value=data__drift__psimaxthousandths, name=name_prefix + ".drift.psi_max_thousandths", rule='maximum')
                if "alert_rate_max_basis_points" in data__drift_keys:
                    data__drift_keys.remove("alert_rate_max_basis_points")
                    data__drift__alertratemaxbasispoints = data__drift["alert_rate_max_basis_points"]
                    if not isinstance(data__drift__alertratemaxbasispoints, (int)) and not (isinstance(data__drift__alertratemaxbasispoints, float) and data__drift__alertratemaxbasispoints.is_integer()) or isinstance(data__drift__alertratemaxbasispoints, bool):
                        raise SchemaViolation(name_prefix + ".drift.alert_rate_max_basis_points must be integer", value=data__drift__alertratemaxbasispoints, name=name_prefix + ".drift.alert_rate_max_basis_points", rule='type')
                    if isinstance(data__drift__alertratemaxbasispoints, (int, float, Decimal)):
                        if data__drift__alertratemaxbasispoints < 1:
                            raise SchemaViolation(name_prefix + ".drift.alert_rate_max_basis_points must be bigger than or equal to 1", value=data__drift__alertratemaxbasispoints, name=name_prefix + ".drift.alert_rate_max_basis_points", rule='minimum')
                        if data__drift__alertratemaxbasispoints > 10000:
                            raise SchemaViolation(name_prefix + ".drift.alert_rate_max_basis_points must be smaller than or equal to 10000", value=data__drift__alertratemaxbasispoints, name=name_prefix + ".drift.alert_rate_max_basis_points", rule='maximum')
                if "minimum_decisions" in data__drift_keys:
                    data__drift_keys.remove("minimum_decisions")
                    data__drift__minimumdecisions = data__drift["minimum_decisions"]
                    if not isinstance(data__drift__minimumdecisions, (int)) and not (isinstance(data__drift__minimumdecisions, float) and data__drift__minimumdecisions.is_integer()) or isinstance(data__drift__minimumdecisions, bool):
                        raise SchemaViolation(name_prefix + ".drift.minimum_decisions must be integer", value=data__drift__minimumdecisions, name=name_prefix + ".drift.minimum_decisions", rule='type')
                    if isinstance(data__drift__minimumdecisions, (int, float, Decimal)):
                        if data__drift__minimumdecisions < 1:
                            raise SchemaViolation(name_prefix + ".drift.minimum_decisions must be bigger than or equal to 1", value=data__drift__minimumdecisions, name=name_prefix + ".drift.minimum_decisions", rule='minimum')
                        if data__drift__minimumdecisions > 100000000:
                            raise SchemaViolation(name_prefix + ".drift.minimum_decisions must be smaller than or equal to 100000000", value=data__drift__minimumdecisions, name=name_prefix + ".drift.minimum_decisions", rule='maximum')
                if data__drift_keys:
                    raise SchemaViolation(name_prefix + ".drift must not contain "+str(data__drift_keys)+" properties", value=data__drift, name=name_prefix + ".drift", definition={'properties': ['psi_max_thousandths', 'alert_rate_max_basis_points', 'minimum_decisions']}, rule='additionalProperties')
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['$schema', 'schema', 'version', 'note', 'champion', 'challenger', 'shadows', 'fallback', 'kill_switch', 'policies', 'lists', 'routes', 'drift']}, rule='additionalProperties')
    return data

def validate___definitions_list(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (list, tuple)):
        raise SchemaViolation(name_prefix + " must be array", value=data, name=name_prefix, rule='type')
    data_is_list = isinstance(data, (list, tuple))
    if data_is_list:
        data_len = len(data)
        if data_len > 100:
            raise SchemaViolation(name_prefix + " must contain less than or equal to 100 items", value=data, name=name_prefix, rule='maxItems')
        for data_x, data_item in enumerate(data):
            if not isinstance(data_item, (dict)):
                raise SchemaViolation(name_prefix + "[{data_x}]".format(**locals()) + " must be object", value=data_item, name=name_prefix + "[{data_x}]".format(**locals()) + "", rule='type')
            data_item_is_dict = isinstance(data_item, dict)
            if data_item_is_dict:
                data_item__missing_keys = set(['kind', 'id', 'expires_at', 'reason']) - data_item.keys()
                if data_item__missing_keys:
                    raise SchemaViolation(name_prefix + "[{data_x}]".format(**locals()) + " must contain " + (str(sorted(data_item__missing_keys)) + " properties"), value=data_item, name=name_prefix + "[{data_x}]".format(**locals()) + "", definition={'required': ['kind', 'id', 'expires_at', 'reason']}, rule='required')
                data_item_keys = set(data_item.keys())
                if "kind" in data_item_keys:
                    data_item_keys.remove("kind")
                    data_item__kind = data_item["kind"]
                    if data_item__kind not in ['account', 'merchant']:
                        raise SchemaViolation(name_prefix + "[{data_x}].kind".format(**locals()) + " must be one of ['account', 'merchant']", value=data_item__kind, name=name_prefix + "[{data_x}].kind".format(**locals()) + "", rule='enum')
                if "id" in data_item_keys:
                    data_item_keys.remove("id")
                    data_item__id = data_item["id"]
                    if not isinstance(data_item__id, (str)):
                        raise SchemaViolation(name_prefix + "[{data_x}].id".format(**locals()) + " must be string", value=data_item__id, name=name_prefix + "[{data_x}].id".format(**locals()) + "", rule='type')
                    if isinstance(data_item__id, str):
                        if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$'].search(data_item__id):
                            raise SchemaViolation(name_prefix + "[{data_x}].id".format(**locals()) + " must match pattern ^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$", value=data_item__id, name=name_prefix + "[{data_x}].id".format(**locals()) + "", rule='pattern')
                if "expires_at" in data_item_keys:
                    data_item_keys.remove("expires_at")
                    data_item__expiresat = data_item["expires_at"]
                    if not isinstance(data_item__expiresat, (str)):
                        raise SchemaViolation(name_prefix + "[{data_x}].expires_at".format(**locals()) + " must be string", value=data_item__expiresat, name=name_prefix + "[{data_x}].expires_at".format(**locals()) + "", rule='type')
                    if isinstance(data_item__expiresat, str):
                        data_item__expiresat_len = len(data_item__expiresat)
                        if data_item__expiresat_len > 40:
                            raise SchemaViolation(name_prefix + "[{data_x}].expires_at".format(**locals()) + " must be shorter than or equal to 40 characters", value=data_item__expiresat, name=name_prefix + "[{data_x}].expires_at".format(**locals()) + "", rule='maxLength')
                if "reason" in data_item_keys:
                    data_item_keys.remove("reason")
                    data_item__reason = data_item["reason"]
                    if not isinstance(data_item__reason, (str)):
                        raise SchemaViolation(name_prefix + "[{data_x}].reason".format(**locals()) + " must be string", value=data_item__reason, name=name_prefix + "[{data_x}].reason".format(**locals()) + "", rule='type')
                    if isinstance(data_item__reason, str):
                        data_item__reason_len = len(data_item__reason)
                        if data_item__reason_len < 1:
                            raise SchemaViolation(name_prefix + "[{data_x}].reason".format(**locals()) + " must be longer than or equal to 1 characters", value=data_item__reason, name=name_prefix + "[{data_x}].reason".format(**locals()) + "", rule='minLength')
                        if data_item__reason_len > 200:
                            raise SchemaViolation(name_prefix + "[{data_x}].reason".format(**locals()) + " must be shorter than or equal to 200 characters", value=data_item__reason, name=name_prefix + "[{data_x}].reason".format(**locals()) + "", rule='maxLength')
                if data_item_keys:
                    raise SchemaViolation(name_prefix + "[{data_x}]".format(**locals()) + " must not contain "+str(data_item_keys)+" properties", value=data_item, name=name_prefix + "[{data_x}]".format(**locals()) + "", definition={'properties': ['kind', 'id', 'expires_at', 'reason']}, rule='additionalProperties')
    return data

def validate___definitions_policy(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data_keys = set(data.keys())
            if "kind" in data_keys:
                data_keys.remove("kind")
                data__kind = data["kind"]
                if data__kind not in ['points']:
                    raise SchemaViolation(name_prefix + ".kind must be one of ['points']", value=data__kind, name=name_prefix + ".kind", rule='enum')
    except SchemaViolation:
        pass
    else:
        validate___definitions_points(data, custom_formats, name_prefix + "")
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data_keys = set(data.keys())
            if "kind" in data_keys:
                data_keys.remove("kind")
                data__kind = data["kind"]
                if data__kind not in ['weights']:
                    raise SchemaViolation(name_prefix + ".kind must be one of ['weights']", value=data__kind, name=name_prefix + ".kind", rule='enum')
    except SchemaViolation:
        pass
    else:
        validate___definitions_weights(data, custom_formats, name_prefix + "")
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data_keys = set(data.keys())
            if "kind" in data_keys:
                data_keys.remove("kind")
                data__kind = data["kind"]
                if data__kind not in ['model']:
                    raise SchemaViolation(name_prefix + ".kind must be one of ['model']", value=data__kind, name=name_prefix + ".kind", rule='enum')
    except SchemaViolation:
        pass
    else:
        validate___definitions_model(data, custom_formats, name_prefix + "")
    try:
        data_is_dict = isinstance(data, dict)
        if data_is_dict:
            data_keys = set(data.keys())
            if "kind" in data_keys:
                data_keys.remove("kind")
                data__kind = data["kind"]
                if data__kind not in ['combination']:
                    raise SchemaViolation(name_prefix + ".kind must be one of ['combination']", value=data__kind, name=name_prefix + ".kind", rule='enum')
    except SchemaViolation:
        pass
    else:
        validate___definitions_combination(data, custom_formats, name_prefix + "")
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['kind']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['kind']}, rule='required')
        data_keys = set(data.keys())
        if "kind" in data_keys:
            data_keys.remove("kind")
            data__kind = data["kind"]
            if data__kind not in ['points', 'weights', 'model', 'combination']:
                raise SchemaViolation(name_prefix + ".kind must be one of ['points', 'weights', 'model', 'combination']", value=data__kind, name=name_prefix + ".kind", rule='enum')
    return data

def validate___definitions_combination(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['kind', 'version', 'parts', 'thresholds']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['kind', 'version', 'parts', 'thresholds']}, rule='required')
        data_keys = set(data.keys())
        if "kind" in data_keys:
            data_keys.remove("kind")
            data__kind = data["kind"]
            if data__kind not in ['combination']:
                raise SchemaViolation(name_prefix + ".kind must be one of ['combination']", value=data__kind, name=name_prefix + ".kind", rule='enum')
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            validate___definitions_version(data__version, custom_formats, name_prefix + ".version")
        if "parts" in data_keys:
            data_keys.remove("parts")
            data__parts = data["parts"]
            if not isinstance(data__parts, (dict)):
                raise SchemaViolation(name_prefix + ".parts must be object", value=data__parts, name=name_prefix + ".parts", rule='type')
            data__parts_is_dict = isinstance(data__parts, dict)
            if data__parts_is_dict:
                data__parts_len = len(data__parts)
                if data__parts_len < 1:
                    raise SchemaViolation(name_prefix + ".parts must contain at least 1 properties", value=data__parts, name=name_prefix + ".parts", rule='minProperties')
                if data__parts_len > 7:
                    raise SchemaViolation(name_prefix + ".parts must contain less than or equal to 7 properties", value=data__parts, name=name_prefix + ".parts", rule='maxProperties')
                data__parts_keys = set(data__parts.keys())
                for data__parts_key in data__parts_keys:
                    if data__parts_key not in []:
                        data__parts_value = data__parts.get(data__parts_key)
                        if not isinstance(data__parts_value, (int)) and not (isinstance(data__parts_value, float) and data__parts_value.is_integer()) or isinstance(data__parts_value, bool):
                            raise SchemaViolation(name_prefix + ".parts.{data__parts_key}".format(**locals()) + " must be integer", value=data__parts_value, name=name_prefix + ".parts.{data__parts_key}".format(**locals()) + "", rule='type')
                        if isinstance(data__parts_value, (int, float, Decimal)):
                            if data__parts_value < 1:
                                raise SchemaViolation(name_prefix + ".parts.{data__parts_key}".format(**locals()) + " must be bigger than or equal to 1", value=data__parts_value, name=name_prefix + ".parts.{data__parts_key}".format(**locals()) + "", rule='minimum')
                            if data__parts_value > 1000000:
                                raise SchemaViolation(name_prefix + ".parts.{data__parts_key}".format(**locals()) + " must be smaller than or equal to 1000000", value=data__parts_value, name=name_prefix + ".parts.{data__parts_key}".format(**locals()) + "", rule='maximum')
        if "thresholds" in data_keys:
            data_keys.remove("thresholds")
            data__thresholds = data["thresholds"]
            validate___definitions_thresholds(data__thresholds, custom_formats, name_prefix + ".thresholds")
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['kind', 'version', 'parts', 'thresholds']}, rule='additionalProperties')
    return data

def validate___definitions_thresholds(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['review', 'fraud']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['review', 'fraud']}, rule='required')
        data_keys = set(data.keys())
        if "review" in data_keys:
            data_keys.remove("review")
            data__review = data["review"]
            if not isinstance(data__review, (int, NoneType)) and not (isinstance(data__review, float) and data__review.is_integer()) or isinstance(data__review, bool):
                raise SchemaViolation(name_prefix + ".review must be integer or null", value=data__review, name=name_prefix + ".review", rule='type')
            if isinstance(data__review, (int, float, Decimal)):
                if data__review < 1:
                    raise SchemaViolation(name_prefix + ".review must be bigger than or equal to 1", value=data__review, name=name_prefix + ".review", rule='minimum')
                if data__review > 1000000000000:
                    raise SchemaViolation(name_prefix + ".review must be smaller than or equal to 1000000000000", value=data__review, name=name_prefix + ".review", rule='maximum')
        if "fraud" in data_keys:
            data_keys.remove("fraud")
            data__fraud = data["fraud"]
            if not isinstance(data__fraud, (int)) and not (isinstance(data__fraud, float) and data__fraud.is_integer()) or isinstance(data__fraud, bool):
                raise SchemaViolation(name_prefix + ".fraud must be integer", value=data__fraud, name=name_prefix + ".fraud", rule='type')
            if isinstance(data__fraud, (int, float, Decimal)):
                if data__fraud < 1:
                    raise SchemaViolation(name_prefix + ".fraud must be bigger than or equal to 1", value=data__fraud, name=name_prefix + ".fraud", rule='minimum')
                if data__fraud > 1000000000000:
                    raise SchemaViolation(name_prefix + ".fraud must be smaller than or equal to 1000000000000", value=data__fraud, name=name_prefix + ".fraud", rule='maximum')
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['review', 'fraud']}, rule='additionalProperties')
    return data

def validate___definitions_model(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['kind', 'version', 'artifact', 'thresholds']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['kind', 'version', 'artifact', 'thresholds']}, rule='required')
        data_keys = set(data.keys())
        if "kind" in data_keys:
            data_keys.remove("kind")
            data__kind = data["kind"]
            if data__kind not in ['model']:
                raise SchemaViolation(name_prefix + ".kind must be one of ['model']", value=data__kind, name=name_prefix + ".kind", rule='enum')
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            validate___definitions_version(data__version, custom_formats, name_prefix + ".version")
        if "artifact" in data_keys:
            data_keys.remove("artifact")
            data__artifact = data["artifact"]
            if not isinstance(data__artifact, (str)):
                raise SchemaViolation(name_prefix + ".artifact must be string", value=data__artifact, name=name_prefix + ".artifact", rule='type')
            if isinstance(data__artifact, str):
                if not REGEX_PATTERNS['^[0-9a-f]{64}$'].search(data__artifact):
                    raise SchemaViolation(name_prefix + ".artifact must match pattern ^[0-9a-f]{64}$", value=data__artifact, name=name_prefix + ".artifact", rule='pattern')
        if "thresholds" in data_keys:
            data_keys.remove("thresholds")
            data__thresholds = data["thresholds"]
            validate___definitions_thresholds(data__thresholds, custom_formats, name_prefix + ".thresholds")
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['kind', 'version', 'artifact', 'thresholds']}, rule='additionalProperties')
    return data

def validate___definitions_weights(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['kind', 'version', 'tenths', 'thresholds']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['kind', 'version', 'tenths', 'thresholds']}, rule='required')
        data_keys = set(data.keys())
        if "kind" in data_keys:
            data_keys.remove("kind")
            data__kind = data["kind"]
            if data__kind not in ['weights']:
                raise SchemaViolation(name_prefix + ".kind must be one of ['weights']", value=data__kind, name=name_prefix + ".kind", rule='enum')
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            validate___definitions_version(data__version, custom_formats, name_prefix + ".version")
        if "tenths" in data_keys:
            data_keys.remove("tenths")
            data__tenths = data["tenths"]
            if not isinstance(data__tenths, (dict)):
                raise SchemaViolation(name_prefix + ".tenths must be object", value=data__tenths, name=name_prefix + ".tenths", rule='type')
            data__tenths_is_dict = isinstance(data__tenths, dict)
            if data__tenths_is_dict:
                data__tenths__missing_keys = set(['VELOCITY', 'AMOUNT_ABOVE_AVERAGE', 'DISTANT', 'NIGHT']) - data__tenths.keys()
                if data__tenths__missing_keys:
                    raise SchemaViolation(name_prefix + ".tenths must contain " + (str(sorted(data__tenths__missing_keys)) + " properties"), value=data__tenths, name=name_prefix + ".tenths", definition={'required': ['VELOCITY', 'AMOUNT_ABOVE_AVERAGE', 'DISTANT', 'NIGHT']}, rule='required')
                data__tenths_keys = set(data__tenths.keys())
                if "VELOCITY" in data__tenths_keys:
                    data__tenths_keys.remove("VELOCITY")
                    data__tenths__VELOCITY = data__tenths["VELOCITY"]
                    validate___definitions_weight(data__tenths__VELOCITY, custom_formats, name_prefix + ".tenths.VELOCITY")
                if "AMOUNT_ABOVE_AVERAGE" in data__tenths_keys:
                    data__tenths_keys.remove("AMOUNT_ABOVE_AVERAGE")
                    data__tenths__AMOUNTABOVEAVERAGE = data__tenths["AMOUNT_ABOVE_AVERAGE"]
                    validate___definitions_weight(data__tenths__AMOUNTABOVEAVERAGE, custom_formats, name_prefix + ".tenths.AMOUNT_ABOVE_AVERAGE")
                if "DISTANT" in data__tenths_keys:
                    data__tenths_keys.remove("DISTANT")
                    data__tenths__DISTANT = data__tenths["DISTANT"]
                    validate___definitions_weight(data__tenths__DISTANT, custom_formats, name_prefix + ".tenths.DISTANT")
                if "NIGHT" in data__tenths_keys:
                    data__tenths_keys.remove("NIGHT")
                    data__tenths__NIGHT = data__tenths["NIGHT"]
                    validate___definitions_weight(data__tenths__NIGHT, custom_formats, name_prefix + ".tenths.NIGHT")
                if data__tenths_keys:
                    raise SchemaViolation(name_prefix + ".tenths must not contain "+str(data__tenths_keys)+" properties", value=data__tenths, name=name_prefix + ".tenths", definition={'properties': ['VELOCITY', 'AMOUNT_ABOVE_AVERAGE', 'DISTANT', 'NIGHT']}, rule='additionalProperties')
        if "thresholds" in data_keys:
            data_keys.remove("thresholds")
            data__thresholds = data["thresholds"]
            validate___definitions_thresholds(data__thresholds, custom_formats, name_prefix + ".thresholds")
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['kind', 'version', 'tenths', 'thresholds']}, rule='additionalProperties')
    return data

def validate___definitions_weight(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (int)) and not (isinstance(data, float) and data.is_integer()) or isinstance(data, bool):
        raise SchemaViolation(name_prefix + " must be integer", value=data, name=name_prefix, rule='type')
    if isinstance(data, (int, float, Decimal)):
        if data < 0:
            raise SchemaViolation(name_prefix + " must be bigger than or equal to 0", value=data, name=name_prefix, rule='minimum')
        if data > 1000:
            raise SchemaViolation(name_prefix + " must be smaller than or equal to 1000", value=data, name=name_prefix, rule='maximum')
    return data

def validate___definitions_points(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (dict)):
        raise SchemaViolation(name_prefix + " must be object", value=data, name=name_prefix, rule='type')
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data__missing_keys = set(['kind', 'version', 'points', 'thresholds']) - data.keys()
        if data__missing_keys:
            raise SchemaViolation(name_prefix + " must contain " + (str(sorted(data__missing_keys)) + " properties"), value=data, name=name_prefix, definition={'required': ['kind', 'version', 'points', 'thresholds']}, rule='required')
        data_keys = set(data.keys())
        if "kind" in data_keys:
            data_keys.remove("kind")
            data__kind = data["kind"]
            if data__kind not in ['points']:
                raise SchemaViolation(name_prefix + ".kind must be one of ['points']", value=data__kind, name=name_prefix + ".kind", rule='enum')
        if "version" in data_keys:
            data_keys.remove("version")
            data__version = data["version"]
            validate___definitions_version(data__version, custom_formats, name_prefix + ".version")
        if "points" in data_keys:
            data_keys.remove("points")
            data__points = data["points"]
            if not isinstance(data__points, (dict)):
                raise SchemaViolation(name_prefix + ".points must be object", value=data__points, name=name_prefix + ".points", rule='type')
            data__points_is_dict = isinstance(data__points, dict)
            if data__points_is_dict:
                data__points__missing_keys = set(['HIGH_AMOUNT', 'SUSPICIOUS_MERCHANT', 'UNUSUAL_CURRENCY', 'ROUND_AMOUNT']) - data__points.keys()
                if data__points__missing_keys:
                    raise SchemaViolation(name_prefix + ".points must contain " + (str(sorted(data__points__missing_keys)) + " properties"), value=data__points, name=name_prefix + ".points", definition={'required': ['HIGH_AMOUNT', 'SUSPICIOUS_MERCHANT', 'UNUSUAL_CURRENCY', 'ROUND_AMOUNT']}, rule='required')
                data__points_keys = set(data__points.keys())
                if "HIGH_AMOUNT" in data__points_keys:
                    data__points_keys.remove("HIGH_AMOUNT")
                    data__points__HIGHAMOUNT = data__points["HIGH_AMOUNT"]
                    validate___definitions_weight(data__points__HIGHAMOUNT, custom_formats, name_prefix + ".points.HIGH_AMOUNT")
                if "SUSPICIOUS_MERCHANT" in data__points_keys:
                    data__points_keys.remove("SUSPICIOUS_MERCHANT")
                    data__points__SUSPICIOUSMERCHANT = data__points["SUSPICIOUS_MERCHANT"]
                    validate___definitions_weight(data__points__SUSPICIOUSMERCHANT, custom_formats, name_prefix + ".points.SUSPICIOUS_MERCHANT")
                if "UNUSUAL_CURRENCY" in data__points_keys:
                    data__points_keys.remove("UNUSUAL_CURRENCY")
                    data__points__UNUSUALCURRENCY = data__points["UNUSUAL_CURRENCY"]
                    validate___definitions_weight(data__points__UNUSUALCURRENCY, custom_formats, name_prefix + ".points.UNUSUAL_CURRENCY")
                if "ROUND_AMOUNT" in data__points_keys:
                    data__points_keys.remove("ROUND_AMOUNT")
                    data__points__ROUNDAMOUNT = data__points["ROUND_AMOUNT"]
                    validate___definitions_weight(data__points__ROUNDAMOUNT, custom_formats, name_prefix + ".points.ROUND_AMOUNT")
                if data__points_keys:
                    raise SchemaViolation(name_prefix + ".points must not contain "+str(data__points_keys)+" properties", value=data__points, name=name_prefix + ".points", definition={'properties': ['HIGH_AMOUNT', 'SUSPICIOUS_MERCHANT', 'UNUSUAL_CURRENCY', 'ROUND_AMOUNT']}, rule='additionalProperties')
        if "thresholds" in data_keys:
            data_keys.remove("thresholds")
            data__thresholds = data["thresholds"]
            validate___definitions_thresholds(data__thresholds, custom_formats, name_prefix + ".thresholds")
        if data_keys:
            raise SchemaViolation(name_prefix + " must not contain "+str(data_keys)+" properties", value=data, name=name_prefix, definition={'properties': ['kind', 'version', 'points', 'thresholds']}, rule='additionalProperties')
    return data

def validate___definitions_name(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (str)):
        raise SchemaViolation(name_prefix + " must be string", value=data, name=name_prefix, rule='type')
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[a-z][a-z0-9_]{0,31}$'].search(data):
            raise SchemaViolation(name_prefix + " must match pattern ^[a-z][a-z0-9_]{0,31}$", value=data, name=name_prefix, rule='pattern')
    return data

def validate___definitions_version(data, custom_formats={}, name_prefix="data"):
    if not isinstance(data, (str)):
        raise SchemaViolation(name_prefix + " must be string", value=data, name=name_prefix, rule='type')
    if isinstance(data, str):
        if not REGEX_PATTERNS['^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$'].search(data):
            raise SchemaViolation(name_prefix + " must match pattern ^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", value=data, name=name_prefix, rule='pattern')
    return data