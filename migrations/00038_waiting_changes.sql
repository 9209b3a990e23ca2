-- +goose Up
-- What a program wants of a stall's account or tenant waits for a second person, as a replacement of an account does.
ALTER TABLE beneficiary_changes DROP CONSTRAINT change_waits_if_it_replaces;
ALTER TABLE beneficiary_changes ADD CONSTRAINT change_waits_if_it_must CHECK
    (kind = 'replacement' OR needs_second OR state = 'effective' OR (kind = 'addition' AND state = 'cancelled'));
ALTER TABLE beneficiary_changes ADD CONSTRAINT change_waits_with_a_proposal CHECK (state <> 'pending' OR proposal IS NOT NULL);
COMMENT ON TABLE beneficiary_changes IS 'A stall''s money goes to another account. A replacement waits, and so does whatever a program proposes; an addition and a change of tenant by a person are at once. An addition may be taken back for a day.';
COMMENT ON COLUMN beneficiary_changes.proposal IS 'what was proposed as ordered, sealed JSON: an account, or of kind tenant the whole change of tenant; null: it was registered at once';
COMMENT ON COLUMN beneficiary_changes.tenancy_id IS 'who had the stall when it was proposed; of an effective change of tenant, the new one';

-- +goose Down
ALTER TABLE beneficiary_changes DROP CONSTRAINT change_waits_with_a_proposal, DROP CONSTRAINT change_waits_if_it_must;
ALTER TABLE beneficiary_changes ADD CONSTRAINT change_waits_if_it_replaces CHECK
    (kind = 'replacement' OR state = 'effective' OR (kind = 'addition' AND state = 'cancelled')) NOT VALID;
