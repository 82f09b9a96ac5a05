package importer

import (
	"strings"

	"rapport/server/pipeline"
	"rapport/server/schema"
)

// What a column may become besides the fields of a deal.
const (
	toCustomer     = "customer"
	toContact      = "contact"
	toContactEmail = "contactEmail"
	toContactPhone = "contactPhone"
	toOwner        = "owner"
	toStage        = "stage"
	toCurrency     = "currency"
	toCloseOn      = "closeOn"
)

// headerWords lists the names under which other programs export a column, in
// four languages, in the form of headerKey.
//
//nolint:misspell // Spanish, not misspelled English
var headerWords = map[string][]string{
	"externalId": {
		"opportunity id", "deal id", "id", "record id", "external id", "external id c", "opportunity number", "deal number", "number", "lead id", "no", "code", "reference",
		"номер", "номер сделки", "номер заказа", "id pedido", "número de pedido", "訂單編號", "код", "ид", "идентификатор", "número", "codigo", "código", "referencia", "id oportunidad", "編號", "编号", "商機編號", "商机编号", "代碼", "識別碼",
	},
	"title": {
		"title", "name", "deal name", "deal", "opportunity", "opportunity name", "subject", "deal title", "topic",
		"название", "сделка", "название сделки", "тема", "наименование", "título", "titulo", "nombre", "oportunidad", "nombre de la oportunidad", "negocio", "asunto",
		"名稱", "名称", "標題", "标题", "商機", "商机", "商機名稱", "商机名称", "交易", "主題",
	},
	toCustomer: {
		"account", "account name", "customer", "customer name", "company", "company name", "client", "client name", "organization", "organisation", "associated company",
		"клиент", "компания", "заказчик", "контрагент", "организация", "название компании", "наименование клиента", "название клиента", "cliente", "nombre cliente", "nombre del cliente", "empresa", "cuenta", "compañía", "organización", "nombre de la empresa",
		"客戶", "客户", "公司", "客戶名稱", "客户名称", "公司名稱", "公司名称", "機構名稱", "機關名稱", "企業",
	},
	toContact: {
		"contact", "contact name", "contact person", "primary contact", "associated contact", "контакт", "контактное лицо", "имя контакта",
		"contacto", "nombre del contacto", "persona de contacto", "聯絡人", "联系人", "聯絡人姓名", "联系人姓名",
	},
	toContactEmail: {
		"email", "e mail", "email address", "contact email", "mail", "почта", "эл почта", "электронная почта", "email контакта", "correo", "correo electrónico", "correo electronico",
		"電子郵件", "电子邮件", "邮箱", "郵件", "信箱",
	},
	toContactPhone: {
		"phone", "phone number", "contact phone", "mobile", "telephone", "телефон", "мобильный", "моб телефон", "teléfono", "telefono", "móvil", "movil", "電話", "电话", "手機", "手机", "聯絡電話",
	},
	toOwner: {
		"owner", "sales agent", "agent", "sales rep", "salesperson", "sales person", "rep", "deal owner", "opportunity owner", "assigned to", "assignee", "responsible", "account manager", "seller",
		"ответственный", "менеджер", "продавец", "владелец", "исполнитель", "responsable", "vendedor", "comercial", "propietario", "agente", "asignado a",
		"負責人", "负责人", "業務", "业务员", "業務員", "擁有者", "所有者", "銷售代表", "销售代表",
	},
	"product": {
		"product", "product name", "products", "item", "service", "продукт", "товар", "услуга", "producto", "servicio", "artículo", "產品", "产品", "商品", "服務", "產品名稱",
	},
	toStage: {
		"stage", "stage name", "deal stage", "status", "sales stage", "pipeline stage", "opportunity stage", "phase", "стадия", "этап", "статус", "этап сделки", "стадия сделки", "воронка этап",
		"etapa", "fase", "estado", "etapa del negocio", "etapa de ventas", "階段", "阶段", "狀態", "状态", "商機階段", "销售阶段", "銷售階段",
	},
	"startedOn": {
		"engage date", "start date", "created", "created date", "create date", "created at", "created on", "date created", "opened", "open date", "engagement date",
		"дата создания", "создано", "создана", "дата начала", "начало", "fecha de inicio", "fecha de creación", "fecha de creacion", "creado", "fecha", "fecha pedido", "fecha de pedido", "inicio",
		"開始日期", "开始日期", "建立日期", "创建日期", "创建时间", "建立時間", "起始日",
	},
	toCloseOn: {
		"close date", "closing date", "closed", "closed date", "expected close", "expected close date", "close", "expected closing", "won date", "end date",
		"дата закрытия", "закрытие", "ожидаемая дата закрытия", "закрыта", "дата завершения", "fecha de cierre", "cierre", "cierre previsto", "fecha prevista de cierre",
		"結案日期", "关闭日期", "關閉日期", "成交日期", "預計成交日期", "预计成交日期", "預計結案日",
	},
	"amount": {
		"amount", "close value", "value", "deal value", "deal amount", "opportunity amount", "price", "total", "revenue", "expected revenue", "budget", "sum",
		"сумма", "сумма сделки", "бюджет", "стоимость", "цена", "выручка", "importe", "monto", "valor", "precio", "cantidad", "ingresos", "presupuesto", "total con iva", "total pedido", "importe total",
		"金額", "金额", "價值", "价值", "價格", "总额", "總額", "預算", "交易金額", "成交金額",
	},
	toCurrency:    {"currency", "currency code", "валюта", "moneda", "divisa", "幣別", "货币", "貨幣", "币种"},
	"probability": {"probability", "win probability", "probability %", "вероятность", "probabilidad", "機率", "概率", "可能性", "贏單率", "成交機率"},
	"nextStep":    {"next step", "next action", "следующий шаг", "siguiente paso", "próximo paso", "下一步"},
	"nextStepOn":  {"next step date", "next activity date", "дата следующего шага", "fecha del siguiente paso", "下一步日期"},
	"lostReason":  {"lost reason", "loss reason", "closed lost reason", "reason lost", "причина отказа", "причина проигрыша", "motivo de pérdida", "motivo perdida", "失敗原因", "輸單原因", "丢单原因"},
	"source":      {"source", "lead source", "channel", "источник", "канал", "origen", "fuente", "canal", "來源", "来源", "渠道"},
	"notes":       {"notes", "note", "description", "comment", "comments", "remarks", "примечание", "описание", "комментарий", "заметки", "notas", "descripción", "descripcion", "comentarios", "observaciones", "備註", "备注", "描述", "說明", "说明"},
}

var fieldByHeader = func() map[string]string {
	index := map[string]string{}
	for field, names := range headerWords {
		for _, name := range names {
			index[name] = field
		}
		index[headerKey(field)] = field
	}
	return index
}()

// headerKey brings a column name into the form of headerWords: case folded,
// punctuation as blanks, "dealStage" as "deal stage".
func headerKey(header string) string {
	var b strings.Builder
	previous := ' '
	for _, r := range header {
		switch {
		case strings.ContainsRune("_-./#№:()[]*?\"'“”", r):
			b.WriteByte(' ')
		case r >= 'A' && r <= 'Z' && previous >= 'a' && previous <= 'z':
			b.WriteByte(' ')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		previous = r
	}
	return schema.NormalName(tidy(b.String()))
}

// stageWord tells what kind of stage a name speaks of, and how far along an
// open one is (0..100).
type stageWord struct {
	word string
	kind string
	rank int
}

// stageWords are looked for in the order given, so that "closed lost" is lost
// before it is closed.
var stageWords = []stageWord{
	{"lost", kindLost, 0}, {"reject", kindLost, 0}, {"cancel", kindLost, 0}, {"abandon", kindLost, 0}, {"disqualif", kindLost, 0}, {"unqualif", kindLost, 0}, {"dead", kindLost, 0},
	{"проигр", kindLost, 0}, {"отказ", kindLost, 0}, {"потер", kindLost, 0}, {"не реализ", kindLost, 0}, {"отмен", kindLost, 0}, {"провал", kindLost, 0},
	{"perdid", kindLost, 0}, {"cancelad", kindLost, 0}, {"rechazad", kindLost, 0}, {"descartad", kindLost, 0},
	{"失敗", kindLost, 0}, {"失败", kindLost, 0}, {"輸單", kindLost, 0}, {"输单", kindLost, 0}, {"丢单", kindLost, 0}, {"流失", kindLost, 0}, {"取消", kindLost, 0}, {"未成交", kindLost, 0},
	{"won", kindWon, 0}, {"win", kindWon, 0}, {"closed", kindWon, 0}, {"signed", kindWon, 0}, {"paid", kindWon, 0},
	{"выигр", kindWon, 0}, {"успеш", kindWon, 0}, {"реализ", kindWon, 0}, {"оплачен", kindWon, 0}, {"заверш", kindWon, 0},
	{"ganad", kindWon, 0}, {"cerrad", kindWon, 0}, {"pagad", kindWon, 0}, {"firmad", kindWon, 0},
	{"贏", kindWon, 0}, {"赢", kindWon, 0}, {"成交", kindWon, 0}, {"成功", kindWon, 0}, {"結案", kindWon, 0},
	{"lead", kindOpen, 5}, {"new", kindOpen, 5}, {"prospect", kindOpen, 10}, {"лид", kindOpen, 5}, {"нов", kindOpen, 5}, {"nuev", kindOpen, 5}, {"潛在", kindOpen, 5}, {"潜在", kindOpen, 5}, {"新", kindOpen, 5},
	{"contact", kindOpen, 20}, {"контакт", kindOpen, 20}, {"聯絡", kindOpen, 20}, {"联系", kindOpen, 20}, {"engag", kindOpen, 30}, {"qualif", kindOpen, 30}, {"квалиф", kindOpen, 30}, {"calific", kindOpen, 30}, {"評估", kindOpen, 30}, {"评估", kindOpen, 30},
	{"need", kindOpen, 35}, {"discover", kindOpen, 35}, {"meeting", kindOpen, 40}, {"встреч", kindOpen, 40}, {"reuni", kindOpen, 40}, {"拜訪", kindOpen, 40}, {"demo", kindOpen, 45}, {"демо", kindOpen, 45}, {"trial", kindOpen, 50}, {"演示", kindOpen, 45},
	{"propos", kindOpen, 60}, {"quot", kindOpen, 60}, {"предлож", kindOpen, 60}, {"propuesta", kindOpen, 60}, {"presup", kindOpen, 60}, {"報價", kindOpen, 60}, {"报价", kindOpen, 60}, {"提案", kindOpen, 60},
	{"negot", kindOpen, 75}, {"перегов", kindOpen, 75}, {"negoc", kindOpen, 75}, {"談判", kindOpen, 75}, {"谈判", kindOpen, 75}, {"協商", kindOpen, 75}, {"contract", kindOpen, 85}, {"договор", kindOpen, 85}, {"contrat", kindOpen, 85}, {"合約", kindOpen, 85}, {"合同", kindOpen, 85},
}

// The kinds of stages.
const (
	kindOpen = string(pipeline.StageOpen)
	kindWon  = string(pipeline.StageWon)
	kindLost = string(pipeline.StageLost)
)

// guessStage returns the kind of a stage by its name, and how far along it is;
// a name without a known word is open and has rank -1.
func guessStage(name string) (kind string, rank int) {
	folded := schema.NormalName(name)
	for _, w := range stageWords {
		if strings.Contains(folded, w.word) {
			return w.kind, w.rank
		}
	}
	return kindOpen, -1
}
