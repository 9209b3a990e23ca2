-- Numbers of the whole installation: name, two labels, value. $1 is the receiver of the audit trail, or null.
WITH parts AS MATERIALIZED (SELECT parent, months_ahead, default_rows FROM partition_state()),
waiting AS MATERIALIZED (
    SELECT kind, count(*) AS cases, min(opened_at) AS oldest
    FROM cases WHERE state IN ('open', 'proposed') GROUP BY kind
),
senders AS MATERIALIZED (
    SELECT c.id::text AS id, c.provider, c.enabled, h.last_received_at
    FROM bank_connections c LEFT JOIN connection_health h ON h.connection_id = c.id ORDER BY c.id LIMIT 1000
)
SELECT 'unmatched_notices' AS name, '' AS first, '' AS second, count(*)::float8 AS value
FROM notices WHERE state = 'unmatched'
UNION ALL
SELECT 'open_cases', kind, '', cases FROM waiting
UNION ALL
SELECT 'oldest_open_case_seconds', kind, '', extract(epoch FROM now() - oldest) FROM waiting
UNION ALL
SELECT 'connection_enabled', id, provider, enabled::int FROM senders
UNION ALL
SELECT 'connection_last_notice_timestamp_seconds', id, provider, extract(epoch FROM last_received_at)
FROM senders WHERE last_received_at IS NOT NULL
UNION ALL
SELECT 'outbox_waiting_messages', '', '', count(*) FROM messages WHERE state = 'queued'
UNION ALL
SELECT 'outbox_oldest_message_seconds', '', '', coalesce(extract(epoch FROM now() - min(created_at)), 0)
FROM messages WHERE state = 'queued'
UNION ALL
SELECT 'push_subscriptions', '', '', count(*) FROM push_subscriptions
UNION ALL
SELECT 'audit_forwarder_lag_seconds', '', '', coalesce(greatest(extract(epoch FROM now() - least(
        (SELECT min(r.at) FROM audit_results r WHERE r.at > c.at),
        (SELECT min(e.at) FROM audit_events e WHERE e.at > c.at AND e.status IS NOT NULL))), 0), 0)
FROM audit_cursors c WHERE c.receiver = $1
UNION ALL
SELECT 'last_run_timestamp_seconds', task, '', coalesce(extract(epoch FROM finished_at), 0)
FROM unnest(ARRAY['backup', 'ledger_verify', 'audit_verify']) AS known (task) LEFT JOIN last_runs USING (task)
UNION ALL
SELECT 'last_run_faults', task, '', faults FROM last_runs WHERE faults IS NOT NULL
UNION ALL
SELECT 'partition_months_ahead', parent, '', months_ahead FROM parts
UNION ALL
SELECT 'partition_default_rows', parent, '', default_rows FROM parts
