"""Starts MiniStack with what a proxy cannot mend: its CloudFormation deletes what a template says to retain, makes managed
policies of inline ones, and forgets the aliases of a function that it updates."""
import json

from ministack.app import main
from ministack.services import cloudformation, iam
from ministack.services.cloudformation import provisioners, stacks

delete_resource = stacks._delete_resource


def delete_unless_retained(resource_type, physical_id, props, stack_name=None, logical_id=None):
    template = (cloudformation._stacks.get(stack_name) or {}).get("_template") or {}
    definition = template.get("Resources", {}).get(logical_id) or {}
    if definition.get("DeletionPolicy", "Delete") == "Delete":
        delete_resource(resource_type, physical_id, props, stack_name, logical_id)


def put_inline_policy(logical_id, props, stack_name):
    for role in props["Roles"]:
        iam._roles[role]["InlinePolicies"][props["PolicyName"]] = json.dumps(props["PolicyDocument"])
    return props["PolicyName"], {}


def delete_inline_policy(physical_id, props):
    for role in props["Roles"]:
        iam._roles[role]["InlinePolicies"].pop(physical_id)


create_function = provisioners._lambda_create


def provision_function(logical_id, props, stack_name):
    functions = provisioners._lambda_svc._functions
    before = dict(functions.items())
    name, attributes = create_function(logical_id, props, stack_name)
    for kept in ("aliases", "policy", "event_invoke_config", "event_invoke_configs"):
        functions[name][kept] = before.get(name, functions[name])[kept]
    return name, attributes


stacks._delete_resource = delete_unless_retained
provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]["create"] = provision_function
provisioners._RESOURCE_HANDLERS["AWS::IAM::Policy"] = {"create": put_inline_policy, "delete": delete_inline_policy}
main()
