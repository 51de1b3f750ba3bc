"""What schemathesis must know of the hub that the OpenAPI document can't say."""

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import negative_data_rejection

RULES = {"strategy": {"canary": {"traffic": {"istio": {}}, "steps": [{"weight": 10, "wait": "5m"}, {"weight": 50}]}}}

# Bodies that are taken, of operations whose fields must fit each other as a schema can't say.
TAKEN = {
    "createReleaseTask": {"name": "made", "spec": {"workloadRef": {"kind": "Deployment", "name": "checkout"}, **RULES}},
    "updateReleaseTask": RULES,
    "updateWorkspace": {"namespaces": [], "members": [{"kind": "User", "name": "ada", "role": "Admin"}]},
    "updateCluster": {"displayName": "Spare"},
    "validateAnalysis": {"workload": "checkout", "analysis": {"metrics": [{"name": "errors", "predefined": {"type": "ErrorRate"}, "limit": "1%"}]}},
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            if operation.get("operationId") in TAKEN:
                operation["requestBody"]["content"]["application/json"]["example"] = TAKEN[operation["operationId"]]
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "If-Match":
                    parameter["example"] = "*"
            # YAML is described as the text that it is, and schemathesis reads it.
            for response in operation.get("responses", {}).values():
                for kind, content in response.get("content", {}).items():
                    if kind == "application/yaml":
                        content["schema"] = {}


def says_nothing(value):
    """Whether a body has a null somewhere: for what is optional, the hub takes it as absent."""
    if isinstance(value, dict):
        return any(v is None or says_nothing(v) for v in value.values())
    if isinstance(value, list):
        return any(says_nothing(v) for v in value)
    return False


@schemathesis.check
def no_mistake_of_the_server(ctx, response, case):
    """As not_a_server_error; but two clusters have no credentials, and what is asked of them is unavailable."""
    if response.status_code == 503 and any(f"/clusters/{name}/" in response.request.url for name in ("spare", "gone")):
        return None
    return not_a_server_error(ctx, response, case)


@schemathesis.check
def bad_data_is_refused(ctx, response, case):
    """As negative_data_rejection, but an optional value that is empty or null may pass for one that is absent."""
    if says_nothing(case.body) or any(v in ("", None) for v in (case.query or {}).values()):
        return None
    return negative_data_rejection(ctx, response, case)
