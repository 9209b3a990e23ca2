-- +goose Up
-- Who a program let in before version 45 is known from the trail: it made the user, gave a new password, or changed its rights, and no
-- person has renewed the user since. A user whom such a user let in is found in the next turn. What was done at the server is in no line.
-- +goose StatementBegin
DO $$
DECLARE
    found int := 1;
BEGIN
    WHILE found > 0 LOOP
        WITH steps AS (
            SELECT c.object_id::uuid AS user_id, e.id, e.actor_id, e.route = '/api/v1/users/{id}/renewal' AS renewal,
                EXISTS (SELECT FROM api_keys k WHERE k.id = e.actor_id) OR EXISTS (SELECT FROM users m WHERE m.id = e.actor_id AND m.let_in_by IS NOT NULL) AS program
            FROM audit_changes c JOIN audit_events e ON e.id = c.event_id
            WHERE c.kind = 'users' AND (c.before IS NULL OR e.route = '/api/v1/users/{id}/renewal'
                OR e.route = '/api/v1/users/{id}' AND EXISTS (SELECT FROM audit_changes r WHERE r.event_id = e.id AND r.kind IN ('actors', 'user_scopes')))
        )
        UPDATE users u SET let_in_by = person(s.actor_id)
        FROM (SELECT DISTINCT ON (user_id) user_id, actor_id FROM steps a
            WHERE a.program AND NOT EXISTS (SELECT FROM steps b WHERE b.user_id = a.user_id AND b.id > a.id AND b.renewal AND NOT b.program)
            ORDER BY user_id, id DESC) s
        WHERE u.id = s.user_id AND u.let_in_by IS NULL AND person(s.actor_id) <> u.id;
        GET DIAGNOSTICS found = ROW_COUNT;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- +goose Down
SELECT 1;
