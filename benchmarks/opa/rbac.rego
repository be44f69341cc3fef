# The example of role-based access control in OPA's documentation (comparison to other systems), in today's syntax.
# benchmarks/policies/rbac decides the same in Go.
package rbac.authz

user_roles := {
    "alice": ["engineering", "webdev"],
    "bob": ["hr"],
}

role_permissions := {
    "engineering": [{"action": "read", "object": "server123"}],
    "webdev": [
        {"action": "read", "object": "server123"},
        {"action": "write", "object": "server123"},
    ],
    "hr": [{"action": "read", "object": "database456"}],
}

default allow := false

allow if {
    roles := user_roles[input.user]
    r := roles[_]
    permissions := role_permissions[r]
    p := permissions[_]
    p == {"action": input.action, "object": input.object}
}
