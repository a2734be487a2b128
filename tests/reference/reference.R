# Numbers from R for the tests of ser/analysis: reads scores.csv, writes expected.csv (and session.txt, the versions).
#   Rscript tests/reference/reference.R
# Debian: r-base-core r-cran-car r-cran-afex r-cran-emmeans r-cran-lmertest r-cran-effectsize r-cran-bayesfactor
suppressPackageStartupMessages({
  library(car); library(afex); library(emmeans); library(lmerTest); library(effectsize); library(BayesFactor)
})
options(contrasts = c("contr.sum", "contr.poly"), digits = 15)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
scores <- read.csv(file.path(here, "scores.csv"))
for (name in c("model", "dataset", "rate", "seed")) scores[[name]] <- factor(scores[[name]])
scores$pretune <- factor(scores$pretune, c("none", "it", "it_1h"))

out <- data.frame()
put <- function(procedure, case, effect, quantity, value)
  out <<- rbind(out, data.frame(procedure, case, effect, quantity, value = as.numeric(value)))
named <- function(effect) gsub(":", " x ", effect)

cases <- list(
  "1 factor" = list("pretune", subset(scores, model == "hubert" & dataset == "emovo" & rate == "low")),
  "2 factors" = list(c("model", "pretune"), subset(scores, dataset == "emovo" & rate == "low")),
  "3 factors" = list(c("model", "pretune", "dataset"), subset(scores, rate == "low")),
  "4 factors" = list(c("model", "pretune", "dataset", "rate"), scores)
)

for (size in names(cases)) for (kept in c("balanced", "unbalanced")) {
  factors <- cases[[size]][[1]]
  data <- droplevels(cases[[size]][[2]])
  if (kept == "unbalanced") data <- subset(data, keep == 1)
  case <- paste(size, kept)
  crossed <- paste(factors, collapse = " * ")
  linear <- lm(as.formula(paste("value ~", crossed)), data)

  # between groups: car, effectsize
  for (type in 2:3) {
    table <- Anova(linear, type = type)
    for (effect in setdiff(rownames(table), c("(Intercept)", "Residuals"))) {
      procedure <- paste("anova type", type)
      put(procedure, case, named(effect), "F", table[effect, "F value"])
      put(procedure, case, named(effect), "p", table[effect, "Pr(>F)"])
      put(procedure, case, named(effect), "df_error", table["Residuals", "Df"])
      put(procedure, case, named(effect), "sum_of_squares", table[effect, "Sum Sq"])
    }
    partial <- length(factors) > 1
    eta <- as.data.frame(eta_squared(table, partial = partial))
    omega <- as.data.frame(omega_squared(table, partial = partial))
    for (i in seq_len(nrow(eta))) if (eta$Parameter[i] != "(Intercept)") {
      put(paste("anova type", type), case, named(eta$Parameter[i]), "partial_eta_squared", eta[i, 2])
    }
    # effectsize cuts omega squared off at 0, so it is compared where it is above
    for (i in seq_len(nrow(omega))) if (omega$Parameter[i] != "(Intercept)") {
      put(paste("anova type", type), case, named(omega$Parameter[i]), "partial_omega_squared", omega[i, 2])
    }
  }

  # repeated measures: afex, on the seeds that are complete
  counts <- table(data$seed)
  complete <- names(counts)[counts == nrow(unique(data[factors]))]
  if (length(complete) > 1) {
    within <- suppressWarnings(suppressMessages(aov_ez(
      "seed", "value", droplevels(subset(data, seed %in% complete)), within = factors,
      anova_table = list(correction = "none", es = "ges")
    )))
    for (effect in rownames(within$anova_table)) {
      put("repeated", case, named(effect), "F", within$anova_table[effect, "F"])
      put("repeated", case, named(effect), "p", within$anova_table[effect, "Pr(>F)"])
      put("repeated", case, named(effect), "generalized_eta_squared", within$anova_table[effect, "ges"])
      put("repeated", case, named(effect), "n_seeds", length(complete))
    }
    corrections <- summary(within)$pval.adjustments
    for (effect in rownames(corrections)) if (is.finite(corrections[effect, "GG eps"])) {
      put("repeated", case, named(effect), "epsilon", corrections[effect, "GG eps"])
      put("repeated", case, named(effect), "p_gg", corrections[effect, "Pr(>F[GG])"])
    }
  }

  # mixed model: lmerTest, with the error strata of the repeated-measures analysis as random effects
  strata <- unlist(lapply(seq_len(length(factors)), function(k) combn(factors, k, paste, collapse = ":")))
  random <- paste0("(1 | seed", c("", if (length(factors) > 1) paste0(":", head(strata, -1))), ")")
  mixed <- suppressMessages(suppressWarnings(lmer(
    as.formula(paste("value ~", crossed, "+", paste(random, collapse = " + "))), data,
    control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6))
  )))
  table <- anova(mixed)
  for (effect in rownames(table)) {
    put("mixed", case, named(effect), "F", table[effect, "F value"])
    put("mixed", case, named(effect), "df_error", table[effect, "DenDF"])
    put("mixed", case, named(effect), "p", table[effect, "Pr(>F)"])
  }
  variances <- as.data.frame(VarCorr(mixed))
  for (i in seq_len(nrow(variances))) {
    component <- ifelse(variances$grp[i] == "Residual", "residual", named(variances$grp[i]))
    put("mixed variances", case, component, "variance", variances$vcov[i])
  }

  # contrasts within cells, pooled: emmeans
  for (factor in factors) {
    others <- setdiff(factors, factor)
    main <- as.data.frame(pairs(emmeans(linear, factor), reverse = TRUE, adjust = "none"))
    for (i in seq_len(nrow(main))) for (q in c("estimate", "t.ratio", "df", "p.value"))
      put("pooled main", case, paste0(factor, ": ", main$contrast[i]), q, main[i, q])
    if (length(others)) {
      simple <- as.data.frame(pairs(emmeans(linear, factor, by = others), reverse = TRUE, adjust = "none"))
      simple$holm <- p.adjust(simple$p.value, "holm")
      simple$bh <- p.adjust(simple$p.value, "BH")
      for (i in seq_len(nrow(simple))) {
        at <- paste0(others, "=", sapply(simple[i, others, drop = FALSE], as.character), collapse = ", ")
        for (q in c("estimate", "t.ratio", "df", "p.value", "holm", "bh"))
          put("pooled simple", case, paste0(factor, ": ", simple$contrast[i], " | ", at), q, simple[i, q])
      }
      joint <- as.data.frame(joint_tests(linear, by = others))
      joint <- joint[joint$`model term` == factor, ]
      for (i in seq_len(nrow(joint))) {
        at <- paste0(others, "=", sapply(joint[i, others, drop = FALSE], as.character), collapse = ", ")
        put("simple effect pooled", case, paste(factor, at, sep = " | "), "F", joint$F.ratio[i])
        put("simple effect pooled", case, paste(factor, at, sep = " | "), "p", joint$p.value[i])
        part <- data[Reduce(`&`, lapply(others, function(o) data[[o]] == joint[i, o])), ]
        welch <- oneway.test(as.formula(paste("value ~", factor)), part)
        put("simple effect welch", case, paste(factor, at, sep = " | "), "F", welch$statistic)
        put("simple effect welch", case, paste(factor, at, sep = " | "), "df_error", welch$parameter[2])
        put("simple effect welch", case, paste(factor, at, sep = " | "), "p", welch$p.value)
      }
    }
  }
  if (length(factors) > 1) {
    crossed_means <- emmeans(linear, factors[1:2])
    inter <- as.data.frame(contrast(crossed_means, interaction = "revpairwise", adjust = "none"))
    for (i in seq_len(nrow(inter))) for (q in c("estimate", "t.ratio", "p.value"))
      put("pooled interaction", case, paste0("(", inter[i, 1], ") x (", inter[i, 2], ")"), q, inter[i, q])
  }
  put("levene", case, "all cells", "F",
      leveneTest(data$value, interaction(data[factors], drop = TRUE), center = median)[1, "F value"])
  put("levene", case, "all cells", "p",
      leveneTest(data$value, interaction(data[factors], drop = TRUE), center = median)[1, "Pr(>F)"])
}

# two cells: Welch's and the paired t-test, effect sizes, Bayes factors, one-sided tests against a margin of 0.01
pairs_of_cells <- function(keep_all) {
  data <- if (keep_all) scores else subset(scores, keep == 1)
  a <- subset(data, model == "wav2vec2" & pretune == "it" & dataset == "emovo" & rate == "low")
  b <- subset(data, model == "hubert" & pretune == "it" & dataset == "emovo" & rate == "low")
  both <- merge(a, b, by = "seed")
  list(a = a$value, b = b$value, x = both$value.x, y = both$value.y)
}
for (case in c("balanced", "unbalanced")) {
  p <- pairs_of_cells(case == "balanced")
  t <- t.test(p$a, p$b)
  for (q in c("statistic", "parameter", "p.value")) put("welch", case, "model", q, t[[q]])
  put("welch", case, "model", "low", t$conf.int[1]); put("welch", case, "model", "high", t$conf.int[2])
  t <- t.test(p$x, p$y, paired = TRUE)
  for (q in c("statistic", "parameter", "p.value")) put("paired", case, "model", q, t[[q]])
  put("paired", case, "model", "low", t$conf.int[1]); put("paired", case, "model", "high", t$conf.int[2])
  put("paired", case, "model", "d_z", cohens_d(p$x - p$y)$Cohens_d)
  put("paired", case, "model", "p_lower", t.test(p$x, p$y, paired = TRUE, mu = -0.01, alternative = "greater")$p.value)
  put("paired", case, "model", "p_upper", t.test(p$x, p$y, paired = TRUE, mu = 0.01, alternative = "less")$p.value)
  put("welch", case, "model", "p_lower", t.test(p$a, p$b, mu = -0.01, alternative = "greater")$p.value)
  put("welch", case, "model", "p_upper", t.test(p$a, p$b, mu = 0.01, alternative = "less")$p.value)
  put("welch", case, "model", "g", hedges_g(p$a, p$b)$Hedges_g)
  put("welch", case, "model", "superiority", wilcox.test(p$a, p$b, exact = FALSE)$statistic / length(p$a) / length(p$b))
  put("paired", case, "model", "log10_bf", extractBF(ttestBF(p$x, p$y, paired = TRUE), logbf = TRUE)$bf / log(10))
  student <- t.test(p$a, p$b, var.equal = TRUE)
  put("student", case, "model", "t", student$statistic)
  put("student", case, "model", "log10_bf", extractBF(ttestBF(p$a, p$b), logbf = TRUE)$bf / log(10))
  put("shapiro", case, "wav2vec2", "W", shapiro.test(p$a)$statistic)
  put("shapiro", case, "wav2vec2", "p", shapiro.test(p$a)$p.value)
}

# variances of two crossed seeds: the seeds as splits, the rates and models as training seeds (a 12 x 4 grid)
grid <- subset(scores, dataset == "emodb" & pretune == "none")
grid$training <- interaction(grid$model, grid$rate, drop = TRUE)
for (case in c("balanced", "unbalanced")) {
  data <- if (case == "balanced") grid else subset(grid, keep == 1)
  fit <- lmer(value ~ 1 + (1 | seed) + (1 | training), data,
              control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10)))
  variances <- as.data.frame(VarCorr(fit))
  for (i in 1:3) put("crossed variances", case, variances$grp[i], "variance", variances$vcov[i])
}

# power
put("power", "paired", "difference .01, sd .02, 30 seeds", "power",
    power.t.test(30, .01, .02, type = "paired", strict = TRUE)$power)
put("power", "paired", "difference .01, sd .02, power .9", "seeds",
    ceiling(power.t.test(delta = .01, sd = .02, power = .9, type = "paired", strict = TRUE)$n))
put("power", "one-way", "4 groups, between variance 1, within 3, 20 scores a group", "power",
    power.anova.test(groups = 4, n = 20, between.var = 1, within.var = 3)$power)

write.csv(out, file.path(here, "expected.csv"), row.names = FALSE)
writeLines(capture.output(sessionInfo()), file.path(here, "session.txt"))
