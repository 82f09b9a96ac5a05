package crm

import "regexp"

// Money is an amount in minor units (cents, kopecks) of one currency. Amounts
// never pass through a float.
type Money struct {
	Amount   int64  `json:"amount" bson:"amount"`     // minor units; may be negative
	Currency string `json:"currency" bson:"currency"` // ISO 4217, three capital letters
}

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// ValidCurrency reports whether code has the shape of an ISO 4217 code.
func ValidCurrency(code string) bool { return currencyPattern.MatchString(code) }

// minorDigits lists the currencies whose minor unit is not a hundredth
// (ISO 4217, table A.1, those in use).
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0,
	"RWF": 0, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// MinorDigits returns how many decimal digits the minor unit of a currency has, 0..3.
func MinorDigits(currency string) int {
	if n, ok := minorDigits[currency]; ok {
		return n
	}
	return 2
}
