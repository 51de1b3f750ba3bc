"""What schemathesis must know of the hub that the OpenAPI document can't say."""

import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection


@schemathesis.deserializer("application/yaml")
def text_of_yaml(ctx, response):
    """The document describes what is sent as YAML as the text that it is."""
    return response.text


def says_nothing(value):
    """Whether a body has a null somewhere: for what is optional, the hub takes it as absent."""
    if isinstance(value, dict):
        return any(v is None or says_nothing(v) for v in value.values())
    if isinstance(value, list):
        return any(says_nothing(v) for v in value)
    return False


@schemathesis.check
def bad_data_is_refused(ctx, response, case):
    """As negative_data_rejection, but an optional value that is empty or null may pass for one that is absent."""
    if says_nothing(case.body) or any(v in ("", None) for v in (case.query or {}).values()):
        return None
    return negative_data_rejection(ctx, response, case)
