-- The accounts of a batch by the keyed index of their numbers, with every tenancy that receives or received on them.
SELECT a.number_index, a.id, a.merchant_id, coalesce(a.bank_bin, ''),
    t.id, t.stall_id, t.market_id, coalesce(upper_inf(t.valid), false), ta.replaced_at IS NOT NULL,
        coalesce(s.state, '')
FROM accounts a
LEFT JOIN tenancy_accounts ta ON ta.account_id = a.id
LEFT JOIN tenancies t ON t.id = ta.tenancy_id
LEFT JOIN stall_states s ON s.stall_id = t.stall_id AND upper_inf(s.valid)
WHERE a.number_index = ANY ($1)
