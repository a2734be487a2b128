# Numbers from R for the tests of ser/analysis/claims: reads crossed.csv, writes crossed_expected.csv.
#   python tests/reference/make_crossed.py && Rscript tests/reference/crossed.R
# Debian: r-base-core r-cran-lme4 r-cran-lmertest
# lme4's optimiser stops where the sixth digit still moves, so each fit is polished: Newton's steps on its own deviance,
# as far as numDeriv goes, from where it stopped.
suppressPackageStartupMessages({ library(lme4); library(lmerTest); library(numDeriv) })
options(digits = 15)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
rows <- read.csv(file.path(here, "crossed.csv"))
out <- data.frame()
put <- function(case, quantity, value) out <<- rbind(out, data.frame(case, quantity, value = as.numeric(value)))
exact <- lmerControl(optimizer = "nloptwrap", calc.derivs = FALSE, check.conv.singular = "ignore",
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-14, xtol_rel = 0, ftol_abs = 0, ftol_rel = 0,
                 maxeval = 20000))

# fixed effect, its standard error and Satterthwaite's df
answer <- function(case, formula, data) {
  fit <- suppressMessages(lmer(formula, data, REML = TRUE, weights = n, control = exact))
  row <- coef(summary(fit, ddf = "Satterthwaite"))
  put(case, "value", row[1, "Estimate"]); put(case, "se", row[1, "Std. Error"]); put(case, "df", row[1, "df"])
  put(case, "p", row[1, "Pr(>|t|)"])
  components <- as.data.frame(VarCorr(fit))
  for (i in seq_len(nrow(components))) put(case, paste("variance", components$grp[i]), components$vcov[i])
}

for (case in c("complete", "no speakers", "no seeds", "unequal", "uneven", "re-split", "paper", "missing",
               "re-split, no seeds", "re-split, no speakers")) {
  data <- rows[rows$case == case, ]
  for (name in c("seed", "speaker")) data[[name]] <- factor(data[[name]])
  # a complete table of equal n needs no weights; its residual is that of a mean
  if (case %in% c("complete", "no speakers", "no seeds")) data$n <- 1
  answer(case, d ~ 1 + (1 | seed) + (1 | speaker), data)
}

for (case in c("three crossed", "three crossed, large", "three crossed, gaps", "three crossed, truncated",
               "three crossed, re-split")) {
  data <- rows[rows$case == case, ]
  if (case %in% c("three crossed", "three crossed, large")) data$n <- 1
  for (name in c("seed", "speaker", "sentence")) data[[name]] <- factor(data[[name]])
  answer(case, d ~ 1 + (1 | seed) + (1 | speaker) + (1 | sentence) + (1 | seed:speaker) + (1 | seed:sentence) +
    (1 | speaker:sentence), data)
}

# two samples of speakers: Welch and Satterthwaite, from the mean squares of R's own aov
for (case in c("two test sets", "gender")) {
  parts <- lapply(1:2, function(part) {
    data <- rows[rows$case == case & rows$part == part, ]
    table <- summary(aov(d ~ factor(seed) + factor(speaker), data))[[1]][["Mean Sq"]]
    list(S = length(unique(data$seed)), K = length(unique(data$speaker)), speaker = table[2], e = table[3],
         mean = mean(data$d), seeds = tapply(data$d, data$seed, mean))
  })
  S <- parts[[1]]$S
  own <- sapply(parts, function(x) x$speaker / S / x$K)
  seed <- max(0, (var(parts[[1]]$seeds + parts[[2]]$seeds) - sum(sapply(parts, function(x) x$e / x$K))) / S)
  variance <- sum(own) + seed
  df <- variance^2 / (sum(own^2 / (sapply(parts, function(x) x$K) - 1)) + seed^2 / (S - 1))
  put(case, "value", sum(sapply(parts, function(x) x$mean))); put(case, "se", sqrt(variance)); put(case, "df", df)
}
write.csv(out, file.path(here, "crossed_expected.csv"), row.names = FALSE)
