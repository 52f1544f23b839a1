"""Starts MiniStack with the one thing mended that a proxy cannot: its CloudFormation deletes what a template says to retain."""
from ministack.app import main
from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

delete_resource = stacks._delete_resource


def delete_unless_retained(resource_type, physical_id, props, stack_name=None, logical_id=None):
    template = (cloudformation._stacks.get(stack_name) or {}).get("_template") or {}
    definition = template.get("Resources", {}).get(logical_id) or {}
    if definition.get("DeletionPolicy", "Delete") == "Delete":
        delete_resource(resource_type, physical_id, props, stack_name, logical_id)


stacks._delete_resource = delete_unless_retained
main()
