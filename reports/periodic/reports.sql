-- Reports in the caller's scope with their subject and state; the rest of the condition follows.
-- $1 scope kind, $2 scope id, $3 today.
SELECT r.id, r.kind, lower(r.period), upper(r.period), r.due_on, r.state, r.created_by, r.created_at,
       (SELECT min(s.at) FROM report_steps s WHERE s.report_id = r.id AND s.step = 'submitted'),
       (SELECT max(n.version) FROM report_versions n WHERE n.report_id = r.id),
       c.id, c.code, c.name, c.legal_ref, c.basis, c.starts_on, c.ends_on, c.due_day,
       v.locality_id, v.level, v.code, v.name
FROM periodic_reports r
JOIN campaigns c ON c.id = r.campaign_id
JOIN reporting_bases b ON b.code = c.basis
LEFT JOIN locality_versions v ON v.locality_id = r.locality_id AND v.valid @> coalesce(b.on_date, $3::date)
WHERE sees_unit($1, $2, r.campaign_id, r.locality_id, $3::date)
