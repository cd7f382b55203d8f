# What rpact says of group sequential looks: see README.md.
suppressMessages(library(rpact))

spend <- function(type, t, alpha) {
  t <- pmin(t, 1)
  if (type == "asOF") 2 - 2 * pnorm(qnorm(1 - alpha / 2) / sqrt(t)) else alpha * log(1 + (exp(1) - 1) * t)
}

plans <- list(
  list("fifths", (1:5) / 5, 0.05),
  list("days", (1:14) / 14, 0.05),
  list("uneven", c(0.15, 0.5, 0.62, 0.97, 1), 0.05),
  list("unfinished", c(0.3, 0.45), 0.05),
  list("strict", (1:4) / 4, 0.01),
  list("past_the_end", c(0.5, 0.9, 1.3), 0.05)
)

rows <- data.frame()
say <- function(plan, type, what, look, value) {
  rows <<- rbind(rows, data.frame(plan, spending = type, what, look, value = sprintf("%.9f", value)))
}

for (plan in plans) {
  for (type in c("asOF", "asP")) {
    t <- plan[[2]]
    # A user's spending at rates of the last look's information: rpact's own rates end at 1, ours may end before or after.
    design <- getDesignGroupSequential(
      informationRates = t / max(t), alpha = spend(type, max(t), plan[[3]] / 2), sided = 1,
      typeOfDesign = "asUser", userAlphaSpending = spend(type, t, plan[[3]] / 2), tolerance = 1e-10
    )
    for (look in seq_along(t)) say(plan[[1]], type, "boundary", look, design$criticalValues[look])
  }
}

for (type in c("asOF", "asP")) {
  for (looks in c(5, 14)) {
    design <- getDesignGroupSequential(kMax = looks, alpha = 0.025, beta = 0.2, sided = 1, typeOfDesign = type, tolerance = 1e-10)
    character <- getDesignCharacteristics(design)
    say(paste0("power_80_", looks), type, "inflation", looks, character$inflationFactor)
    say(paste0("power_80_", looks), type, "expected_share", looks, character$averageSampleNumber1)
  }
}

write.csv(rows, "values.csv", row.names = FALSE, quote = FALSE)
