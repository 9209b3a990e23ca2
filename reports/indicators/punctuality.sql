-- Monthly reports that fell due in 12 months, and those that were submitted in time, by locality.
-- $1 the as-of day; $2 the campaign, or null: all. An exempt locality owes no report on
-- the due day. A report that was never made is due all the same.
SELECT c.id, c.basis, v.locality_id, count(*) AS due,
    count(*) FILTER (WHERE sent.at < (owed.due_on + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') AS on_time
FROM campaigns c
CROSS JOIN LATERAL required_units(c.id, $1::date) v
CROSS JOIN LATERAL generate_series(date_trunc('month', c.starts_on::timestamp),
    date_trunc('month', coalesce(c.ends_on, $1::date)::timestamp), interval '1 month') AS month (began)
LEFT JOIN periodic_reports r ON r.campaign_id = c.id AND r.locality_id = v.locality_id AND r.kind = 'month'
    AND lower(r.period) = month.began::date
CROSS JOIN LATERAL (SELECT coalesce(r.due_on, (month.began + interval '1 month')::date + c.due_day - 1) AS due_on) owed
LEFT JOIN LATERAL (SELECT min(s.at) AS at FROM report_steps s WHERE s.report_id = r.id AND s.step = 'submitted') sent
    ON true
WHERE ($2::uuid IS NULL OR c.id = $2) AND owed.due_on >= ($1::date - interval '12 months')::date
    AND owed.due_on < $1::date
AND NOT EXISTS (SELECT FROM pilots p WHERE p.campaign_id = c.id AND p.locality_id = v.locality_id
    AND p.valid @> owed.due_on AND p.exempt_reason <> '')
GROUP BY c.id, c.basis, v.locality_id
