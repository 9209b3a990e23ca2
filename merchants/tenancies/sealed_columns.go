package tenancies

import (
	"github.com/google/uuid"

	"market40/merchants/platform/seal"
)

func PhonePlace(merchant uuid.UUID) seal.Place {
	return seal.Place{Table: "merchants", Column: "phone", ID: merchant}
}

func TaxPlace(merchant uuid.UUID) seal.Place {
	return seal.Place{Table: "merchants", Column: "tax_code", ID: merchant}
}

func AccountPlace(account uuid.UUID) seal.Place {
	return seal.Place{Table: "accounts", Column: "number", ID: account}
}
