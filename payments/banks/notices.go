package banks

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"market40/merchants/platform/bizday"
	"market40/merchants/vietqr"
	"market40/payments/money"
)

const (
	maxID   = 200  // bytes of an external id: it is part of a database key
	maxName = 100  // bytes of an account, virtual account, reference or order
	maxMemo = 2000 // bytes of a memo; the longest seen has 233
)

// settle completes a notice with the amount and time as the provider wrote them: it normalises the
// reference, bounds every text and marks debits. What could be read stays in the item beside the
// first error.
func settle(n Notice, amount written, when string) Item {
	var amountErr, timeErr error
	n.Amount, amountErr = readAmount(amount)
	n.OccurredAt, n.Precision, timeErr = readTime(when)
	if timeErr == nil && minuteOnly(n.BankBIN, n.OccurredAt) {
		n.Precision = Minute
	}
	if n.Currency = strings.ToUpper(n.Currency); n.Currency == "" {
		n.Currency = money.Currency
	}
	n.Reference, n.StrongReference = NormalReference(n.Reference)
	if n.Ignore == "" && n.Direction == Out {
		n.Ignore = IgnoreDebit
	}
	err := cmp.Or(n.bound(), amountErr, timeErr)
	return Item{Notice: n, Err: err}
}

// bound checks what every notice must have, and the lengths that later keys and columns rely on.
func (n *Notice) bound() error {
	switch {
	case n.ExternalID == "":
		return errors.New("external id is missing")
	case len(n.ExternalID) > maxID:
		n.ExternalID = brief(n.ExternalID)
		return errors.New("external id is too long")
	case n.Direction != In && n.Direction != Out:
		return errors.New("direction cannot be read")
	case len(n.Account) > maxName, len(n.VirtualAccount) > maxName, len(n.Reference) > maxName,
		len(n.OrderRef) > maxName,
		len(n.Memo) > maxMemo, len(n.Currency) > 3:
		return errors.New("a text is too long")
	}
	return nil
}

// readAmount reads a positive whole number of đồng. A number of JSON has the value that JSON gives
// it; of a text only digits, or digits with .0 or .00, are taken, for "45.000" is 45,000 to whoever
// writes it.
func readAmount(w written) (money.Amount, error) {
	parse := money.Parse
	if w.number {
		parse = money.ParseNumber
	}
	amount, err := parse(w.text)
	if err != nil {
		return money.Amount{}, err
	}
	if amount.Sign() <= 0 {
		return money.Amount{}, fmt.Errorf("amount %q is not above zero", brief(w.text))
	}
	return amount, nil
}

// identifyByReference gives a notice whose only id is a bank's reference the identity of its
// transfer. ACB's references have four digits: they come back on other accounts, and on the same
// account at another time, which counts to the second where the provider tells seconds.
func (item *Item) identifyByReference() {
	n := &item.Notice
	n.Identity = n.Account + "\n" + n.OccurredAt.In(bizday.Vietnam).Format(localForm)
}

// bankBIN returns the BIN of a bank by the name that a provider uses, UnknownBank for a name that
// we do not know, "" for none.
func bankBIN(name string) string {
	if name == "" {
		return ""
	}
	if bank, found := vietqr.FindBank(name); found {
		return bank.BIN
	}
	return UnknownBank
}

// bankName is the name by which a provider would call the bank of a BIN.
func bankName(bin string) string {
	bank, _ := vietqr.BankByBIN(bin)
	return bank.ShortName
}

// whole returns the items of a delivery, with ErrUnreadable when there are some and none could be
// read.
func whole(items ...Item) ([]Item, error) {
	for _, item := range items {
		if item.Err == nil {
			return items, nil
		}
	}
	if len(items) == 0 {
		return nil, nil
	}
	return items, fmt.Errorf("%w: %w", ErrUnreadable, items[0].Err)
}

func unreadable(err error) ([]Item, error) { return nil, fmt.Errorf("%w: %w", ErrUnreadable, err) }

// each reads the elements of an array one by one: a bad one does not harm the others.
func each(elements [][]byte, read func(object) Item) ([]Item, error) {
	items := make([]Item, 0, len(elements))
	for _, e := range elements {
		o, err := splitObject(e)
		if err != nil {
			items = append(items, Item{Err: err, Raw: e})
			continue
		}
		item := read(o)
		item.Raw = e
		items = append(items, item)
	}
	return whole(items...)
}

// signed splits an amount with a sign into the direction and the amount above zero.
func signed(amount written) (Direction, written) {
	if rest, negative := strings.CutPrefix(amount.text, "-"); negative {
		return Out, written{rest, amount.number}
	}
	return In, amount
}

// direction reads any of the pairs of words that providers use.
func direction(word string) Direction {
	switch strings.ToLower(word) {
	case "in", "credit", "c":
		return In
	case "out", "debit", "d":
		return Out
	}
	return ""
}
