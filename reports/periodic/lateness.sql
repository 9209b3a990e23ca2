-- The localities that owe reports, and the state of each report: localities in the caller's scope that
-- a campaign requires and that are not exempt on the due day. The periods are those that the campaign
-- touches; they are still owed after it has ended. $1 to $4, row by row: campaigns, first days, the days
-- after the last, and the due days of reports without a due day of their own; $5 kind, $6 scope kind,
-- $7 scope id, $8 today, $9 now.
SELECT a.place - 1, u.locality_id, u.level, u.code, u.name, r.id, coalesce(r.state, 'not_made'),
    coalesce(r.due_on, a.due), submitted.at,
       -- Until the end of the due day it is neither on time nor late.
       CASE WHEN submitted.at IS NOT NULL
           OR $9::timestamptz >= deadline.at THEN coalesce(submitted.at, $9) < deadline.at END AS on_time,
       greatest(0, ceil(extract(epoch FROM coalesce(submitted.at, $9) - deadline.at) / 3600))::int AS hours_late
FROM unnest($1::uuid[], $2::date[], $3::date[], $4::date[]) WITH ORDINALITY AS a (campaign, first, next, due, place)
CROSS JOIN LATERAL campaign_units(a.campaign, $8::date) AS u
LEFT JOIN periodic_reports r ON r.campaign_id = a.campaign AND r.locality_id = u.locality_id AND r.kind = $5
    AND r.period = daterange(a.first, a.next)
CROSS JOIN LATERAL (SELECT min(s.at) FROM report_steps s
    WHERE s.report_id = r.id AND s.step = 'submitted') AS submitted (at)
CROSS JOIN LATERAL (SELECT (coalesce(r.due_on, a.due) + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') AS deadline (at)
WHERE sees_unit($6, $7, a.campaign, u.locality_id, $8::date)
  AND NOT EXISTS (SELECT FROM pilots p WHERE p.campaign_id = a.campaign AND p.locality_id = u.locality_id
      AND p.market_id IS NULL AND p.valid @> coalesce(r.due_on, a.due))
ORDER BY a.place, u.code
