/** How a method finds its predictor from features that were computed once, where it does so without training steps. */

/**
 * - logistic: scikit-learn's logistic regression with inverse penalty C, or with the C that does best on validation images
 */
export type FeatureFit = { kind: "logistic"; C: number; search: boolean };
