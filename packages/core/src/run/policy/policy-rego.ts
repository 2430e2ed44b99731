/**
 * Evaluated beside each policy: what its `deny` says, as text. Values that the plan marks as sensitive are
 * taken out of the messages, since these are shown in the log and by the API (I12). `failed` is counted
 * before that, so that nothing which goes wrong there lets a policy pass.
 */
export const policyCheckRego = String.raw`package scalr_agent_check

import rego.v1

default deny := null

# The detour forgets the type of the policy's rule, which the compiler would hold against what follows.
deny := json.unmarshal(json.marshal(data.terraform.deny))

result := {"defined": deny != null, "failed": count(said) > 0, "messages": shown}

said contains text(item) if {
	is_collection
	some item in deny
}

said contains deny if is_string(deny)

said contains text(deny) if is_number(deny)

said contains "denied" if deny == true

is_collection if is_array(deny)

is_collection if is_object(deny)

text(item) := item if is_string(item)

text(item) := json.marshal(item) if not is_string(item)

shown := [masked(message) | some message in array.slice([m | some m in said], 0, 100)]

masked(message) := substring(message, 0, 2000) if pattern == ""

masked(message) := substring(regex.replace(message, pattern, "***************"), 0, 2000) if pattern != ""

# The longest first: a secret may hold another.
pattern := concat("|", [regex.replace(pair[1], ${'`'}[\\^$.|?*+()\[\]{}]${'`'}, ${'`'}\$0${'`'}) |
	some pair in sort([[0 - count(secret), secret] | some secret in secrets])
])

secrets contains form if {
	some value in sensitive
	walk(value, [_, leaf])
	some form in forms(leaf)
	count(form) >= 6
}

forms(leaf) := {leaf, substring(quoted, 1, count(quoted) - 2)} if {
	is_string(leaf)
	quoted := json.marshal(leaf)
}

forms(leaf) := {json.marshal(leaf)} if is_number(leaf)

sensitive contains value if {
	some change in changes
	some side in ["before", "after"]
	walk(change[concat("_", [side, "sensitive"])], [path, true])
	walk(change[side], [path, value])
}

sensitive contains variable.value if {
	some name, variable in input.tfplan.variables
	input.tfplan.configuration.root_module.variables[name].sensitive == true
}

# What data sources have read is in the prior state alone.
sensitive contains value if {
	walk(input.tfplan.prior_state.values, [_, node])
	walk(node.sensitive_values, [path, true])
	walk(node.values, [path, value])
}

sensitive contains output.value if {
	some output in input.tfplan.prior_state.values.outputs
	output.sensitive == true
}

changes contains resource.change if some resource in input.tfplan.resource_changes

changes contains resource.change if some resource in input.tfplan.resource_drift

changes contains change if some change in input.tfplan.output_changes
`

/**
 * Makes one line of the results and the lines of the console of what \`opa eval\` printed for one policy:
 * the JSON of the results comes first, up to the first line end.
 */
export const policyReportRego = String.raw`package scalr_agent_report

import rego.v1

report(index, has_rule) := sprintf("%s\n%s", [json.marshal(entry), concat("\n", lines)]) if {
	check := data.scalr_agent_checks[index]
	found := outcome(has_rule)
	entry := {
		"group": check.group,
		"policy": check.policy,
		"result": found.result,
		"messages": found.messages,
	}
	head := sprintf("  %-6s  %s (%s)", [found.result, check.name, check.level])
	lines := array.concat([head], [concat("", ["            ", line]) |
		some message in found.messages
		some line in split(message, "\n")
	])
}

value := input.result[0].expressions[0].value

outcome(_) := {"result": "error", "messages": [location_text(fault) | some fault in array.slice(input.errors, 0, 20)]} if input.errors

outcome(has_rule) := {"result": "error", "messages": ["there is no rule 'deny' in a package 'terraform'. A policy says: package terraform, deny contains reason if { … }"]} if {
	not input.errors
	not value.defined
	has_rule == false
}

outcome(has_rule) := {"result": "passed", "messages": []} if {
	not input.errors
	value.failed == false
	any_rule(has_rule)
}

outcome(_) := {"result": "failed", "messages": value.messages} if {
	not input.errors
	value.failed == true
}

any_rule(_) if value.defined

any_rule(true) if not value.defined

location_text(fault) := sprintf("%s:%d: %s: %s", [trim_prefix(fault.location.file, "./"), fault.location.row, fault.code, fault.message]) if fault.location.file

location_text(fault) := sprintf("%s: %s", [fault.code, fault.message]) if not fault.location.file
`
