# Writes values.csv: see README.md. Units are made by arithmetic, so that any other program can make the same.
suppressPackageStartupMessages({
  library(survey)
  library(estimatr)
})

i <- 1:1200
units <- data.frame(
  organisation = i %% 48,
  stratum = (i * 11) %% 3,
  before = (i * 37) %% 23,
  second = (i * 29) %% 13,
  attempts = 1 + (i * 17) %% 5,
  time_ms = (i * 7919) %% 10007
)
units$treated <- as.integer((units$organisation * 5) %% 12 < 4)
units$value <- units$before * (1 + units$treated) + 3 * units$second + (i * 53) %% 29 + 2 * (units$organisation %% 7)
control <- units[units$treated == 0, ]
treatment <- units[units$treated == 1, ]

rows <- list()
keep <- function(name, value) rows[[length(rows) + 1]] <<- c(name, format(unname(value), digits = 15))

welch <- t.test(treatment$value, control$value)
keep("welch.p_value", welch$p.value)
keep("welch.ci_lower", welch$conf.int[1])
keep("welch.ci_upper", welch$conf.int[2])
keep("welch.degrees_of_freedom", welch$parameter)

for (arm in c("control", "treatment")) {
  of_arm <- get(arm)
  alone <- svydesign(id = ~1, weights = ~1, data = of_arm)
  ratio <- svyratio(~value, ~attempts, alone)
  keep(paste0("ratio.", arm), coef(ratio))
  keep(paste0("ratio.", arm, ".standard_error"), SE(ratio))
  clustered <- svydesign(id = ~organisation, weights = ~1, data = of_arm)
  mean <- svymean(~value, clustered)
  keep(paste0("clusters.", arm), coef(mean))
  keep(paste0("clusters.", arm, ".standard_error"), SE(mean))
  for (design in c("alone", "clustered")) {
    share <- svymean(~I(time_ms < 5000), get(design))
    keep(paste0("share.", design, ".", arm), coef(share)[2])
    keep(paste0("share.", design, ".", arm, ".standard_error"), SE(share)[2])
  }
  median <- svyquantile(~time_ms, clustered, 0.5, interval.type = "mean", df = Inf)$time_ms
  keep(paste0("median.", arm), median[1, "quantile"])
  keep(paste0("median.", arm, ".ci_lower"), median[1, "ci.2.5"])
  keep(paste0("median.", arm, ".ci_upper"), median[1, "ci.97.5"])
}

robust <- lm_robust(value ~ treated, units, clusters = organisation, se_type = "CR2")
keep("cr2.value", robust$coefficients["treated"])
keep("cr2.standard_error", robust$std.error["treated"])
keep("cr2.degrees_of_freedom", robust$df["treated"])

blocked <- difference_in_means(value ~ treated, units, blocks = stratum)
keep("strata.value", blocked$coefficients)
keep("strata.standard_error", blocked$std.error)

one <- lm_lin(value ~ treated, ~before, units, se_type = "HC2")
keep("lin.one.value", one$coefficients["treated"])
keep("lin.one.standard_error", one$std.error["treated"])
keep("lin.one.slope_difference", one$coefficients["treated:before_c"])
several <- lm_lin(value ~ treated, ~ before + second + factor(stratum), units, se_type = "HC2")
keep("lin.several.value", several$coefficients["treated"])
keep("lin.several.standard_error", several$std.error["treated"])

table <- do.call(rbind, rows)
colnames(table) <- c("name", "value")
write.csv(table, "values.csv", row.names = FALSE, quote = FALSE)
