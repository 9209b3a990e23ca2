-- +goose Up
-- 00049 looked for routes in a form that the trail does not write, so it saw who made a user, but no new password and no new rights.
-- Here every user whose making the trail tells is played through it anew, in its order; of others what stands is kept and played on.
-- +goose StatementBegin
DO $$
DECLARE
    s record;
    program uuid; -- who is behind it
    stood uuid[];
BEGIN
    stood := ARRAY(SELECT id FROM users WHERE let_in_by IS NOT NULL);
    UPDATE users SET let_in_by = NULL WHERE let_in_by IS NOT NULL AND id::text IN (SELECT object_id FROM audit_changes WHERE kind = 'users' AND before IS NULL);
    FOR s IN
        SELECT e.id, c.kind, c.object_id::uuid AS object, e.actor_id, e.route LIKE '%/:id' AS rights
        FROM audit_changes c JOIN audit_events e ON e.id = c.event_id
        WHERE c.kind = 'users' AND (e.method = 'POST' AND e.route = '/api/v1/users' AND c.before IS NULL OR e.route = '/api/v1/users/:id/renewal'
            OR e.method = 'PATCH' AND e.route = '/api/v1/users/:id' AND EXISTS (SELECT FROM audit_changes r WHERE r.event_id = e.id AND r.kind IN ('actors', 'user_scopes')))
        UNION ALL
        SELECT e.id, c.kind, u.id, i.actor_id, true
        FROM audit_changes c JOIN audit_events e ON e.id = c.event_id JOIN invitations i ON i.id::text = c.object_id
        JOIN users u ON u.merchant_id = i.merchant_id AND u.role = 'merchant' AND u.scope_kind = 'merchant'
        WHERE c.kind = 'invitations' AND e.route = '/i/:token'
        ORDER BY id
    LOOP
        SELECT person(s.actor_id) INTO program
        WHERE EXISTS (SELECT FROM api_keys WHERE id = s.actor_id) OR EXISTS (SELECT FROM users WHERE id = s.actor_id AND let_in_by IS NOT NULL);
        UPDATE users SET let_in_by = CASE WHEN s.rights THEN coalesce(program, let_in_by) ELSE program END
        WHERE id = s.object AND program IS DISTINCT FROM id;
    END LOOP;
    -- What a user made who is a person again is that user's, and not of whoever was held to be behind it.
    UPDATE api_keys k SET owner_id = e.actor_id
    FROM audit_changes c JOIN audit_events e ON e.id = c.event_id JOIN users u ON u.id = e.actor_id AND u.id = ANY (stood) AND u.let_in_by IS NULL
    WHERE c.kind = 'api_keys' AND c.before IS NULL AND c.object_id = k.id::text;
END
$$;
-- +goose StatementEnd

-- +goose Down
SELECT 1;
