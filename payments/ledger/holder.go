package ledger

// SelectCurrentHolder selects where the money of a payment is now: whether it left the bank account,
// and at which stall it is. The payment has the id of the row f.
const SelectCurrentHolder = `WITH RECURSIVE chain AS (
		SELECT p.id, p.credit_account, 1 AS step FROM payments p WHERE p.id = f.id
		UNION ALL
		SELECT p.id, p.credit_account, chain.step + 1 FROM chain JOIN payments p ON p.reverses = chain.id)
	SELECT coalesce(max(l.kind), 'bank') <> 'bank' AS posted, (array_agg(t.stall_id))[1] AS stall_id
	FROM (SELECT credit_account FROM chain ORDER BY step DESC LIMIT 1) last
	JOIN ledger_accounts l ON l.id = last.credit_account LEFT JOIN tenancies t ON t.id = l.tenancy_id`
