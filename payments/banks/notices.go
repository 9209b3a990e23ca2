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

// completeItem completes a notice with the amount and time as the provider wrote them. It normalises the
// reference, limits every text and marks debits. The item has what could be read and the first error.
func completeItem(n Notice, amount written, when string) Item {
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

// bound checks the required fields, and the lengths that keys and columns rely on.
func (n *Notice) bound() error {
	switch {
	case n.ExternalID == "":
		return errors.New("external id is missing")
	case len(n.ExternalID) > maxID:
		n.ExternalID = cutText(n.ExternalID)
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

// readAmount reads a positive whole number of đồng. A JSON number has its JSON value. A text must be
// digits, alone or with .0 or .00, because "45.000" means 45,000 in Vietnam.
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
		return money.Amount{}, fmt.Errorf("amount %q is not above zero", cutText(w.text))
	}
	return amount, nil
}

// identifyByReference sets the Identity of a notice that has a bank's reference as its only id.
// ACB's references have four digits and repeat: on other accounts, and on one account at another
// time. Where the provider reports seconds, the time counts to the second.
func (item *Item) identifyByReference() {
	n := &item.Notice
	n.Identity = n.Account + "\n" + n.OccurredAt.In(bizday.Vietnam).Format(localForm)
}

// bankBIN returns the BIN of a bank by the name that a provider uses: UnknownBank for a name outside
// our list, "" for an empty one.
func bankBIN(name string) string {
	if name == "" {
		return ""
	}
	if bank, found := vietqr.FindBank(name); found {
		return bank.BIN
	}
	return UnknownBank
}

// bankName returns the name by which a provider would call the bank of a BIN.
func bankName(bin string) string {
	bank, _ := vietqr.BankByBIN(bin)
	return bank.ShortName
}

// itemsOrError returns the items of a delivery, with ErrUnreadable when there are items and none could be
// read.
func itemsOrError(items ...Item) ([]Item, error) {
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

func unreadableItems(err error) ([]Item, error) { return nil, fmt.Errorf("%w: %w", ErrUnreadable, err) }

// readEach reads the elements of an array one by one. A bad element does not affect the others.
func readEach(elements [][]byte, read func(object) Item) ([]Item, error) {
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
	return itemsOrError(items...)
}

// splitSign splits an amount with a sign into the direction and the amount above zero.
func splitSign(amount written) (Direction, written) {
	if rest, negative := strings.CutPrefix(amount.text, "-"); negative {
		return Out, written{rest, amount.number}
	}
	return In, amount
}

// readDirection reads the words that providers use for money in and money out.
func readDirection(word string) Direction {
	switch strings.ToLower(word) {
	case "in", "credit", "c":
		return In
	case "out", "debit", "d":
		return Out
	}
	return ""
}
