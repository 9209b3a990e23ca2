-- Incidents of 30 days, by kind; n: seconds until it was closed, -1: not yet.
SELECT 'incidents', p.place, '{}'::uuid[], i.kind,
    ARRAY[CASE WHEN i.closed_at < moment.at THEN extract(epoch FROM i.closed_at - i.occurred_at)
    ELSE -1 END]::bigint[], i.recorded_at
FROM moment JOIN incidents i ON i.occurred_at >= moment.since AND i.occurred_at < moment.at
JOIN places p ON p.market_id = i.market_id
