package importer

import (
	"cmp"
	"slices"
	"strings"

	"rapport/server/crm"
	"rapport/server/schema"
	"rapport/server/wire"
)

// mappable lists what a column may become, in the order shown.
func mappable(s *schema.Schema) []string {
	fields := []string{"externalId", "title", toCustomer, toStage, "amount", toCurrency, toOwner, "product", "startedOn", toCloseOn, toContact, toContactEmail, toContactPhone}
	for _, f := range s.Fields(crm.TypeDeal) {
		if importable(f) && !slices.Contains(fields, f.Key) {
			fields = append(fields, f.Key)
		}
	}
	return fields
}

// importable leaves out what other fields of the file decide, and what is an id.
func importable(f schema.Field) bool {
	if f.Internal || f.ReadOnly {
		return false
	}
	switch f.Kind {
	case schema.KindUser, schema.KindDepartment, schema.KindLink, schema.KindAddress, schema.KindTime:
		return false
	}
	return true
}

// recognise maps columns by their headers. A field is given to the first column
// that is called like it.
func recognise(headers []string, s *schema.Schema) []wire.ImportColumn {
	columns := make([]wire.ImportColumn, len(headers))
	taken := map[string]bool{}
	fieldOf := fieldOfHeader(s)
	for i, h := range headers {
		to := fieldOf(h)
		if to == "" || taken[to] {
			continue
		}
		taken[to] = true
		columns[i].Field = to
	}
	return columns
}

func customNames(s *schema.Schema) map[string]string {
	names := map[string]string{}
	for _, f := range s.Fields(crm.TypeDeal) {
		if !f.Custom() || !importable(f) {
			continue
		}
		names[headerKey(strings.TrimPrefix(f.Key, crm.CustomPrefix))] = f.Key
		for _, label := range f.Labels {
			names[headerKey(label)] = f.Key
		}
	}
	return names
}

// fieldOfHeader returns how to find the field that a column name speaks of; ""
// for none.
func fieldOfHeader(s *schema.Schema) func(header string) string {
	custom := customNames(s)
	return func(header string) string {
		key := headerKey(header)
		return cmp.Or(custom[key], fieldByHeader[key])
	}
}

// columnsOf turns the chosen or recognised mapping into columns that can read.
// Errors: CodeInvalid naming the column.
func columnsOf(chosen []wire.ImportColumn, width int, s *schema.Schema) ([]column, error) {
	allowed := mappable(s)
	columns := make([]column, width)
	taken := map[string]bool{}
	for i, c := range chosen {
		if c.Field == "" || i >= width {
			continue
		}
		place := "settings.columns." + itoa(i)
		if !slices.Contains(allowed, c.Field) {
			return nil, crm.Invalid(place, "unknown_field")
		}
		if taken[c.Field] {
			return nil, crm.Invalid(place, "field_taken")
		}
		if !slices.Contains([]wire.DateOrder{"", wire.OrderYMD, wire.OrderDMY, wire.OrderMDY, wire.OrderAsk}, c.DateOrder) {
			return nil, crm.Invalid(place, "not_a_choice")
		}
		if c.Decimal != "" && c.Decimal != "." && c.Decimal != "," {
			return nil, crm.Invalid(place, "not_a_choice")
		}
		taken[c.Field] = true
		columns[i] = column{to: c.Field, order: c.DateOrder, decimal: c.Decimal}
		if c.Unsure {
			columns[i].decimal = "" // nobody has chosen it
		}
		key := c.Field
		if key == toCloseOn {
			key = "closedOn"
		}
		columns[i].field, _ = s.Field(crm.TypeDeal, key)
	}
	return columns, nil
}
