-- What is sealed in [$1, $2): lines by their minute, results by theirs. The reads and changes of a line
-- are complete once its status is known, so they are sealed with the row that has the status.
SELECT s.at, s.result, s.id, s.actor_id, s.session_id, s.address, s.method, s.route, s.object, s.status,
    CASE WHEN s.result OR s.status IS NOT NULL THEN
        (SELECT string_agg(w.tenancy_id || ' ' || w.what, E'\n' ORDER BY w.tenancy_id, w.what COLLATE "C")
        FROM audit_reads w WHERE w.event_id = s.id) END,
    CASE WHEN s.result OR s.status IS NOT NULL THEN
        (SELECT string_agg(jsonb_build_array(c.id, c.kind, c.object_id, encode(c.before, 'hex'),
            encode(c.after, 'hex'))::text, E'\n' ORDER BY c.id)
         FROM audit_changes c WHERE c.event_id = s.id) END
FROM (
    SELECT at, false AS result, id, actor_id, session_id, address, method, route, object, status FROM audit_events
    WHERE at >= $1 AND at < $2
    UNION ALL
    SELECT at, true, event_id, NULL, NULL, '', '', '', '', status FROM audit_results WHERE at >= $1 AND at < $2
) s
ORDER BY date_trunc('minute', s.at, 'UTC'), s.result, s.id
