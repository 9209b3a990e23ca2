# Every route of OpenAPI as raw requests in the form that sqlmap reads from a proxy's log, each twice: as it is, and with
# a mark (*) where an id stands in the path. Bodies are made from their schemas. $ids: by the word before them in the path.
def resolve($d): if has("$ref") then $d.components.schemas[.["$ref"] | split("/") | last] | resolve($d) else . end;
def kind: if (.type | type) == "array" then .type[0] else .type end;
def sample($d): resolve($d) |
	if has("examples") then .examples[0] elif has("example") then .example elif has("default") then .default elif has("enum") then .enum[0]
	elif kind == "object" then (.properties // {}) | with_entries(select(.value.readOnly != true)) | map_values(sample($d))
	elif kind == "array" then [(.items // {}) | sample($d)]
	elif kind == "integer" or kind == "number" then .minimum // 1
	elif kind == "boolean" then true
	elif .format == "date-time" then "2026-11-22T10:00:00+07:00"
	else "abc" end;
def filled($mark): reduce (match("([^/{}]*)/\\{([^}]*)\\}"; "g")) as $m (.;
	sub("\\{" + $m.captures[1].string + "\\}"; (($ids[$m.captures[0].string] // $ids[$m.captures[1].string] // "01a20719-0000-7000-8000-000000000000") + $mark)));
. as $d | .paths | to_entries[] | .key as $path
| select($path | test("/stream$|^/metrics|^/docs|^/openapi") | not)
| .value | to_entries[] | (.key | ascii_upcase) as $method | .value as $op
| select($method != "DELETE")
| ([$op.parameters[]? | select(.in == "query") | .name + "=" + ($ids[.name] // (.schema | sample($d) | tostring | @uri))] | join("&")) as $query
| ($op.requestBody.content["application/json"].schema // null) as $schema
| (if $schema then $schema | sample($d) | tojson else "" end) as $body
| ("", (if ($path | test("\\{")) then "*" else empty end)) as $mark
| (($path | filled($mark)) + (if $query != "" then "?" + $query else "" end)) as $target
| if $urls then select($method == "GET" and $mark == "") | $base + $target else
	"======================================================\n\($method) \($target) HTTP/1.1\nHost: \($base | sub("http://"; ""))\n"
	+ (if $key != "" then "Authorization: Bearer \($key)\n" else "" end)
	+ (if $body != "" then "Content-Type: application/json\n\n\($body)\n" else "\n" end)
	+ "======================================================" end
