-- Anonymous answers of 12 months, counted by who answers (sex, age, minority, without a fixed
-- place); n: answers, active, ready, with a smartphone, with a signal.
SELECT 'surveyed', p.place, '{}'::uuid[],
    concat_ws(' ', a.sex, CASE a.aged_60 WHEN true THEN 'aged_60' WHEN false THEN 'under_60' ELSE '-' END,
        CASE a.minority WHEN true THEN 'minority' WHEN false THEN 'majority' ELSE '-' END,
        CASE WHEN a.non_fixed THEN 'non_fixed' ELSE 'fixed' END),
    ARRAY[count(*), count(*) FILTER (WHERE a.active), count(*) FILTER (WHERE a.smartphone AND a.signal),
    count(*) FILTER (WHERE a.smartphone), count(*) FILTER (WHERE a.signal)]::bigint[],
    (max(a.asked_on) + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
FROM moment JOIN survey_answers a ON a.asked_on >= (moment.day - interval '12 months')::date AND a.asked_on < moment.day
JOIN places p ON p.market_id = a.market_id
GROUP BY p.place, a.sex, a.aged_60, a.minority, a.non_fixed
