package tenancies

import (
	"github.com/google/uuid"

	"market40/merchants/platform/seal"
)

// PhonePlace returns the column that contains the phone of a merchant.
func PhonePlace(merchant uuid.UUID) seal.Place {
	return seal.Place{Table: "merchants", Column: "phone", ID: merchant}
}

// TaxPlace returns the column that contains the tax code of a merchant.
func TaxPlace(merchant uuid.UUID) seal.Place {
	return seal.Place{Table: "merchants", Column: "tax_code", ID: merchant}
}

// AccountPlace returns the column that contains the number of an account.
func AccountPlace(account uuid.UUID) seal.Place {
	return seal.Place{Table: "accounts", Column: "number", ID: account}
}
